"""Keyset paging: the place in a list is the last row's sort value and key, so that page 400 costs what page 1 costs."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.db.models import F, Q

from apps.core.errors import Refused
from apps.core.models import plain

Cursor = tuple[Any, int, Any]  # sort value, key, group


@dataclass(frozen=True)
class Order:
    """One sort column and its direction; the key breaks ties in the same direction. A group stands before both."""

    field: str
    descending: bool
    group: str = ""
    group_descending: bool = False

    @classmethod
    def parse(cls, text: str) -> Order:
        return cls(text.lstrip("-"), text.startswith("-"))

    def reversed(self) -> Order:
        return Order(self.field, not self.descending, self.group, not self.group_descending)

    def apply(self, rows: models.QuerySet[Any], *, nulls_last: bool = True) -> models.QuerySet[Any]:
        parts: list[Any] = [_directed(self.group, self.group_descending, nulls_last)] if self.group else []
        if self.field not in {"id", "pk"}:
            parts.append(_directed(self.field, self.descending, nulls_last))
        return rows.order_by(*parts, "-pk" if self.descending else "pk")


def _directed(field: str, descending: bool, nulls_last: bool) -> Any:
    nulls = {"nulls_last": True} if nulls_last else {"nulls_first": True}
    return F(field).desc(**nulls) if descending else F(field).asc(**nulls)


@dataclass(frozen=True)
class Page:
    """Some rows and the cursors to both sides (empty where the list ends)."""

    rows: list[Any]
    next_cursor: str
    previous_cursor: str


def page(rows: models.QuerySet[Any], order: Order, *, size: int, after: str = "", before: str = "") -> Page:
    """The rows after (or before) a cursor. Raises Refused for a cursor that this list did not make."""
    backwards = bool(before)
    cursor = _read(before or after, grouped=bool(order.group)) if (before or after) else None
    walk = order.reversed() if backwards else order
    # Nulls stand at the end of the list in both directions, so a walk backwards meets them first.
    ordered = walk.apply(rows, nulls_last=not backwards)
    if cursor is not None:
        try:
            ordered = ordered.filter(_beyond(walk, cursor, nulls_last=not backwards))
            found = list(ordered[: size + 1])
        except (ValidationError, ValueError, TypeError, FieldError) as error:
            raise _bad_cursor() from error
    else:
        found = list(ordered[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], "", "")
    has_next = bool(before) or more if backwards else more
    has_previous = more if backwards else bool(after)
    return Page(
        found,
        _write(order, found[-1]) if has_next else "",
        _write(order, found[0]) if has_previous else "",
    )


def _beyond(order: Order, cursor: Cursor, *, nulls_last: bool) -> Q:
    value, key, group = cursor
    rule = Q(pk__lt=key) if order.descending else Q(pk__gt=key)
    if order.field not in {"id", "pk"}:
        rule = _after(order.field, order.descending, value, rule, nulls_last)
    return _after(order.group, order.group_descending, group, rule, nulls_last) if order.group else rule


def _after(field: str, descending: bool, value: Any, tie: Q, nulls_last: bool) -> Q:
    """Behind a value, or at it and behind by `tie`."""
    if value is None:
        same = Q(**{f"{field}__isnull": True}) & tie
        return same if nulls_last else same | Q(**{f"{field}__isnull": False})
    beyond = Q(**{f"{field}__{'lt' if descending else 'gt'}": value})
    rule = beyond | (Q(**{field: value}) & tie)
    return rule | Q(**{f"{field}__isnull": True}) if nulls_last else rule


def _value(field: str, record: Any) -> Any:
    for part in field.split("__"):
        record = getattr(record, part) if record is not None else None
    return plain(record)


def _write(order: Order, record: Any) -> str:
    parts = [_value(order.field, record), record.pk]
    if order.group:
        parts.append(_value(order.group, record))
    data = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def _read(cursor: str, *, grouped: bool) -> Cursor:
    try:
        value, key, *rest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        group = rest[0] if rest else None
        if len(rest) != int(grouped) or isinstance(value, list | dict) or isinstance(group, list | dict):
            raise ValueError
        if isinstance(key, bool) or not isinstance(key, int):
            raise ValueError
        return value, key, group
    except (ValueError, TypeError, UnicodeDecodeError) as error:
        raise _bad_cursor() from error


def _bad_cursor() -> Refused:
    return Refused("This cursor was not made by this list. Start again without it.", code="bad_cursor", field="cursor")
