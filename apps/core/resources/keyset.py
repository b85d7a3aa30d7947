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


@dataclass(frozen=True)
class Order:
    """One sort column and its direction; the key breaks ties in the same direction."""

    field: str
    descending: bool

    @classmethod
    def parse(cls, text: str) -> Order:
        return cls(text.lstrip("-"), text.startswith("-"))

    def reversed(self) -> Order:
        return Order(self.field, not self.descending)

    def apply(self, rows: models.QuerySet[Any], *, nulls_last: bool = True) -> models.QuerySet[Any]:
        if self.field in {"id", "pk"}:
            return rows.order_by("-pk" if self.descending else "pk")
        column = F(self.field)
        first = (
            column.desc(nulls_last=nulls_last or None, nulls_first=(not nulls_last) or None)
            if self.descending
            else column.asc(nulls_last=nulls_last or None, nulls_first=(not nulls_last) or None)
        )
        return rows.order_by(first, "-pk" if self.descending else "pk")


@dataclass(frozen=True)
class Page:
    """Some rows and the cursors to both sides (empty where the list ends)."""

    rows: list[Any]
    next_cursor: str
    previous_cursor: str


def page(rows: models.QuerySet[Any], order: Order, *, size: int, after: str = "", before: str = "") -> Page:
    """The rows after (or before) a cursor. Raises Refused for a cursor that this list did not make."""
    backwards = bool(before)
    cursor = _read(before or after) if (before or after) else None
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


def _beyond(order: Order, cursor: tuple[Any, int], *, nulls_last: bool) -> Q:
    value, key = cursor
    key_rule = Q(pk__lt=key) if order.descending else Q(pk__gt=key)
    if order.field in {"id", "pk"}:
        return key_rule
    if value is None:
        same = Q(**{f"{order.field}__isnull": True}) & key_rule
        return same if nulls_last else same | Q(**{f"{order.field}__isnull": False})
    beyond = Q(**{f"{order.field}__{'lt' if order.descending else 'gt'}": value})
    rule = beyond | (Q(**{order.field: value}) & key_rule)
    return rule | Q(**{f"{order.field}__isnull": True}) if nulls_last else rule


def _value(order: Order, record: Any) -> Any:
    for part in order.field.split("__"):
        record = getattr(record, part) if record is not None else None
    return plain(record)


def _write(order: Order, record: Any) -> str:
    data = json.dumps([_value(order, record), record.pk], separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[Any, int]:
    try:
        value, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(key, bool) or not isinstance(key, int) or isinstance(value, list | dict):
            raise ValueError
        return value, key
    except (ValueError, TypeError, UnicodeDecodeError) as error:
        raise _bad_cursor() from error


def _bad_cursor() -> Refused:
    return Refused("This cursor was not made by this list. Start again without it.", code="bad_cursor", field="cursor")
