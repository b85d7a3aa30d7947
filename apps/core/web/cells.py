"""Turning a record's values into cells: one place decides how a number, a date, a person or a link reads."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext

from apps.core.resources.resource import Column, Resource, resources
from apps.core.values import format_number
from apps.core.web import pagemodel as pm

DASH = "—"


def zone_of(user: Any) -> ZoneInfo:
    return ZoneInfo(getattr(user, "time_zone", "") or settings.TIME_ZONE)


def when(value: datetime | date, zone: ZoneInfo, *, today: date | None = None) -> tuple[str, str]:
    """(short, full): 'today 09:00', '21 Nov', '21 Nov 2025' and the full date for the title."""
    today = today or timezone.now().astimezone(zone).date()
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        full = f"{date_format(local, 'l j F Y, H:i')} {local.tzname()}"
        if local.date() == today:
            return gettext("today %(time)s") % {"time": f"{local:%H:%M}"}, full
        day = local.date()
    else:
        day, full = value, date_format(value, "l j F Y")
    short = date_format(day, "j M" if day.year == today.year else "j M Y")
    return short, full


def moment(value: datetime | date, zone: ZoneInfo) -> tuple[str, str]:
    """The same with the time of day on other days too: what a record is known by."""
    short, full = when(value, zone)
    if isinstance(value, datetime) and f"{value.astimezone(zone):%H:%M}" not in short:
        short = f"{short} {value.astimezone(zone):%H:%M}"
    return short, full


def cell(column: Column, record: Any, resource: Resource, user: Any, *, first: bool = False) -> pm.Cell:
    value = column.of(record)
    if isinstance(value, pm.Cell):
        return value
    display = None if column.value else getattr(record, f"get_{column.name}_display", None)
    if callable(display):
        value = gettext(display()) if value not in (None, "") else value
    if first:
        zone = zone_of(user)
        text, title = moment(value, zone) if isinstance(value, datetime | date) else (str(value), "")
        return pm.Cell(text, "link", url=resource.url(record), title=title)
    return plain_cell(value, zone_of(user), kind=column.kind, user=user)


def plain_cell(value: Any, zone: ZoneInfo, *, kind: str = "text", user: Any = None) -> pm.Cell:
    if value is None or value == "":
        return pm.Cell(DASH)
    if kind == "status" and isinstance(value, tuple):
        return pm.Cell(value[1], "status", tone=value[0])
    if isinstance(value, bool):
        return pm.Cell(gettext("Yes") if value else gettext("No"))
    if isinstance(value, int | Decimal | float):
        # Zeros at the end come from the database's type; nobody wrote them.
        exact = value.normalize() if isinstance(value, Decimal) and value.is_finite() else value
        return pm.Cell(format_number(exact, locale=get_language() or "en"), "number")
    if isinstance(value, datetime | date):
        short, full = when(value, zone)
        return pm.Cell(short, "date", title=full)
    if isinstance(value, models.Model):
        resource = resources.get(getattr(type(value), "RESOURCE", ""))
        if resource is not None and user is not None and resource.opens(value, user):
            return pm.Cell(str(value), "link", url=resource.url(value))
        if hasattr(value, "initials"):
            return pm.Cell(str(value), "person", person=pm.Person(str(value), "", value.initials))
        return pm.Cell(str(value))
    if isinstance(value, list | tuple):
        return pm.Cell(", ".join(plain_cell(one, zone).text for one in value) or DASH)
    return pm.Cell(str(value))


def department_names(keys: Collection[int]) -> dict[int, str]:
    """Names for department numbers, as grants and rights hold them."""
    resource = resources.get("department")
    found = {} if resource is None else resource.model._default_manager.in_bulk(list(keys))
    return {key: str(found.get(key, f"department {key}")) for key in keys}


def field_label(model: type[models.Model], name: str) -> str:
    try:
        return capfirst(str(getattr(model._meta.get_field(name), "verbose_name", name)))
    except Exception:
        return name.replace("_", " ").capitalize()


def field_cell(record: Any, name: str, user: Any) -> pm.Cell:
    display = getattr(record, f"get_{name}_display", None)
    value = gettext(display()) if callable(display) else getattr(record, name)
    return plain_cell(value, zone_of(user), user=user)
