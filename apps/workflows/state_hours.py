"""How long a record's field has had its present value, in working hours of its department's site."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.core.models import Event
from apps.org import queries as org
from apps.org.worktime import Worktime


def working_hours(record: Any, path: str, *, now: datetime) -> Decimal | None:
    """Since the last event that changed the field, or since the record was made. `path` is record.<field>."""
    if not path.startswith("record."):
        return None
    name = path.split(".")[1]
    column = record._meta.get_field(name).attname
    changed = Event.objects.filter(subject=record.subject(), changes__has_key=column, at__lte=now).order_by("-id")
    since = changed.values_list("at", flat=True).first() or record.created_at
    department = getattr(record, "department", None)
    calendar = org.worktime_in(department) if department is not None else Worktime([], ZoneInfo(settings.TIME_ZONE))
    passed = calendar.between(since, now) if now > since else timedelta(0)
    return Decimal(int(passed.total_seconds())) / 3600
