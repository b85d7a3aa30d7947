"""Recurring tasks: each time of the rule opens one task, also after a night without power."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.core.values.recurrence import Recurrence, recurrence
from apps.org import queries as org
from apps.org.worktime import Worktime
from apps.work import events
from apps.work.fields import check_checklist, check_fields
from apps.work.models import Series, Task
from apps.work.services.tasks import open_task

logger = logging.getLogger("ops.work")
BATCH = 200
TEMPLATE = (
    *("title", "department", "assignee", "role", "team", "priority", "description"),
    *("form", "checklist", "instruction", "skill", "photo", "signature"),
)
MOST_AT_ONCE = 50
EARLIEST, LATEST = 1970, 2999
LATE = timedelta(hours=1)  # a time this long past counts as missed
LONGEST_SHIFT = timedelta(days=40)


def set_series(*, actor: Any, **values: Any) -> Series:
    """A rule that is one, and a template whose fields fit."""
    with transaction.atomic():
        series = Series(**_clean(values))
        series.code = series.code or f"RT{next_number('recurring_task')}"
        series.next_at = next_time(series, max(timezone.now(), series.starts_at - timedelta(seconds=1)))
        return write.create(series, actor=actor, fact=events.SeriesSet)


def change_series(series: Series, *, actor: Any, version: int | None = None, **values: Any) -> Series:
    """The next time follows the new rule; tasks opened already stay as they are."""
    values = _clean(values)
    values["code"] = values.get("code") or series.code
    names = ("rrule", "starts_at", "on_holiday", "department")
    trial = Series(**{name: values.get(name, getattr(series, name)) for name in names})
    values["next_at"] = next_time(trial, max(timezone.now(), trial.starts_at - timedelta(seconds=1)))
    return write.change(series, values, actor=actor, fact=events.SeriesChanged, version=version)


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    starts = values.get("starts_at")
    if starts is not None and not EARLIEST <= starts.year <= LATEST:
        raise Refused(f"Begin between {EARLIEST} and {LATEST}.", code="bad_start", field="starts_at")
    checks: tuple[tuple[str, Any], ...] = (("form", check_fields), ("checklist", check_checklist))
    return values | {name: check(list(values[name] or ())) for name, check in checks if name in values}


def archive_series(series: Series, *, actor: Any) -> Series:
    return write.archive(series, actor=actor, fact=events.SeriesChanged)


def restore_series(series: Series, *, actor: Any) -> Series:
    """Times that passed meanwhile are left out."""
    with transaction.atomic():
        back = write.restore(series, actor=actor, fact=events.SeriesChanged)
        Series.objects.filter(pk=back.pk).update(next_at=next_time(back, timezone.now()))
        back.refresh_from_db(fields=["next_at"])
        return back


def rule_of(series: Series, worktime: Worktime) -> Recurrence:
    zone = worktime.zone
    return recurrence(series.rrule, start=series.starts_at.astimezone(zone).replace(tzinfo=None), zone=zone)


def next_time(series: Series, after: datetime, worktime: Worktime | None = None) -> datetime | None:
    """The next time by the rule on the site's wall clock, moved off or left out on days off.

    Whoever asks several times hands in the working time of the site, which costs four queries.
    """
    worktime = worktime or org.worktime_in(series.department)
    rule = rule_of(series, worktime)
    for at in rule.occurrences(after - LONGEST_SHIFT):
        local = at.astimezone(rule.zone)
        if series.on_holiday != Series.Holiday.ANYWAY and not worktime.works_on(local.date()):
            if series.on_holiday == Series.Holiday.SKIP:
                continue
            day = worktime.next_working_day(local.date())
            local = local.replace(year=day.year, month=day.month, day=day.day)
        if local > after:
            return local
    return None


def open_due_tasks(*, now: datetime) -> int:
    """Open what is due; times missed by more than one follow the series' own wish. Unique times make it safe twice."""
    opened = 0
    with transaction.atomic():
        due = Series.objects.filter(next_at__lte=now, archived_at__isnull=True)
        for series in due.select_for_update(of=("self",), skip_locked=True).select_related("department")[:BATCH]:
            opened += _open_or_stop(series, now)
    return opened


def _open_or_stop(series: Series, now: datetime) -> int:
    """A series that cannot be worked out any more stops alone: the others keep their times."""
    try:
        with transaction.atomic():
            return _open_times(series, now)
    except Exception:
        logger.exception("recurring task %s cannot keep its times", series.pk)
        write.change(series, {"next_at": None}, actor=None, fact=events.SeriesChanged)
        return 0


def _open_times(series: Series, now: datetime) -> int:
    assert series.next_at is not None
    times, worktime = [series.next_at], org.worktime_in(series.department)
    while len(times) <= MOST_AT_ONCE:
        following = next_time(series, times[-1], worktime)
        if following is None or following > now:
            break
        times.append(following)
    opened = sum(int(_open_one(series, at)) for at in _wanted(series, times, now))
    Series.objects.filter(pk=series.pk).update(next_at=next_time(series, times[-1], worktime))
    return opened


def _wanted(series: Series, times: list[datetime], now: datetime) -> list[datetime]:
    if series.missed == Series.Missed.ALL:
        return times
    if series.missed == Series.Missed.SKIP:
        return [at for at in times[-1:] if now - at <= LATE]
    return times[-1:]


def _open_one(series: Series, at: datetime) -> int:
    if Task.objects.filter(series=series, occurrence_at=at).exists():
        return 0
    _open(series, at, actor=None)
    return 1


def open_now(series: Series, *, actor: Any) -> Task:
    """A task out of turn; the rule's own times stay."""
    return _open(series, timezone.now(), actor=actor)


def _open(series: Series, at: datetime, *, actor: Any) -> Task:
    return open_task(
        **{name: getattr(series, name) for name in TEMPLATE},
        sla_minutes=series.due_minutes,
        source=series.subject(),
        series=series,
        occurrence_at=at,
        actor=actor,
        now=at,
    )
