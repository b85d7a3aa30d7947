"""Questions about KPI values: series, latest values with status, signals. They never write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.access.scope import current
from apps.core.science.xmr import XmrChart, xmr_chart
from apps.core.values import Period
from apps.kpis.models import Definition, ReadingBatch, Target
from apps.org.models import Closure, Department

ORDER = {"hour": 0, "day": 1, "week": 2, "month": 3}
DIRECTIONS = {"higher": "increase", "lower": "decrease", "range": "neutral"}
SERIES = """
SELECT kpi_id, start, sum(count)::bigint, sum(total), sum(weight), sum(last_value) FROM kpis_rollup
WHERE kpi_id = ANY(%s) AND department_id = ANY(%s) AND grain = %s AND start >= %s AND start < %s
GROUP BY kpi_id, start ORDER BY kpi_id, start
"""
NEWEST = """
SELECT kpi_id, max(start) FROM kpis_rollup
WHERE kpi_id = ANY(%s) AND department_id = ANY(%s) AND grain = ANY(%s) GROUP BY kpi_id
"""


@dataclass(frozen=True)
class Value:
    """A KPI's value in one period; None where nothing was measured or the denominator is zero."""

    period: Period
    value: Decimal | None
    count: int = 0


@dataclass(frozen=True)
class Standing:
    """How a KPI stands: its series, the latest value, the target of that time and the status they give."""

    kpi: Definition
    grain: str
    values: tuple[Value, ...]
    target: Target | None
    tone: str

    @property
    def latest(self) -> Value | None:
        return next((one for one in reversed(self.values) if one.value is not None), None)

    @property
    def change(self) -> Decimal | None:
        known = [one.value for one in self.values if one.value is not None]
        return known[-1] - known[-2] if len(known) > 1 else None

    def chart(self) -> XmrChart | None:
        """Natural process limits over the known values; None under 12 points, where limits say nothing."""
        known = [float(one.value) for one in self.values if one.value is not None]
        if len(known) < 12:
            return None
        target = float(self.target.target) if self.target else None
        return xmr_chart(known, direction=DIRECTIONS[self.kpi.direction], target=target)  # type: ignore[arg-type]


def zone() -> ZoneInfo:
    return ZoneInfo(settings.SITE_TIME_ZONE)


def readable_departments(user: Any, verb: str = "r") -> list[int]:
    """Departments whose values the person may use with this verb, as keys."""
    reach = rights_of(user).reach("kpi_value", verb)
    if reach.everything:
        return list(Department.objects.values_list("pk", flat=True))
    if reach.departments:
        return sorted(reach.departments)
    return sorted(rights_of(user).homes) if reach.own else []


def below(department: Department, within: Iterable[int]) -> list[int]:
    """The department and everything under it, as far as it lies within reach."""
    keys = set(Closure.objects.filter(ancestor=department).values_list("descendant_id", flat=True))
    return sorted(keys & set(within))


def grain_for(kpi: Definition, wanted: str) -> str:
    """Nothing is shown finer than it is measured."""
    return wanted if ORDER[wanted] >= ORDER[kpi.grain] else kpi.grain


def series(
    kpis: Sequence[Definition], *, departments: Sequence[int], grain: str, start: datetime, end: datetime
) -> dict[int, tuple[Value, ...]]:
    """For every KPI the values of all periods from start to end, gaps included. One query for all of them."""
    periods = list(Period.between(start, end, zone(), grain))
    found: dict[tuple[int, datetime], tuple[int, Decimal, Decimal | None, Decimal]] = {}
    if periods:
        with connection.cursor() as cursor:
            cursor.execute(
                SERIES, [[kpi.pk for kpi in kpis], list(departments), grain, periods[0].start, periods[-1].end]
            )
            for kpi_id, at, count, total, weight, last in cursor.fetchall():
                found[(kpi_id, at)] = (count, total, weight, last)
    return {
        kpi.pk: tuple(
            Value(period, kpi.value(parts[1], parts[2], parts[0], parts[3]), parts[0])
            if (parts := found.get((kpi.pk, period.start)))
            else Value(period, None)
            for period in periods
        )
        for kpi in kpis
    }


def standings(
    kpis: Sequence[Definition],
    *,
    user: Any,
    grain: str,
    points: int = 26,
    until: datetime | None = None,
    departments: Sequence[int] | None = None,
) -> list[Standing]:
    """Each KPI's last `points` periods up to its newest value (or `until`), with target and status."""
    keys = list(departments) if departments is not None else readable_departments(user)
    groups: dict[tuple[str, date], list[Definition]] = {}
    newest = _newest(kpis, keys, until)
    for kpi in kpis:
        own = grain_for(kpi, grain)
        last = newest[kpi.pk] = _last_complete(newest.get(kpi.pk), own, until or timezone.now())
        groups.setdefault((own, Period.containing(last, zone(), own).start.date()), []).append(kpi)
    values: dict[int, tuple[str, tuple[Value, ...]]] = {}
    for (own, _), members in groups.items():
        period = Period.containing(newest[members[0].pk], zone(), own)
        first = period
        for _step in range(points - 1):
            first = first.previous()
        for key, found in series(members, departments=keys, grain=own, start=first.start, end=period.end).items():
            values[key] = (own, found)
    targets = _targets(kpis)
    made = []
    for kpi in kpis:
        own, found = values[kpi.pk]
        latest = next((one for one in reversed(found) if one.value is not None), None)
        fitting = [one for one in targets.get(kpi.pk, []) if one.per in {"", own}]
        target = _target_at(fitting, latest.period.last if latest else timezone.now().date())
        tone = target.tone(latest.value, kpi.direction) if target and latest else ""
        made.append(Standing(kpi, own, found, target, tone))
    return made


def _last_complete(newest: datetime | None, grain: str, now: datetime) -> datetime:
    """The newest period that is over; a week that has just begun would look like a collapse."""
    if newest is None:
        return now
    period = Period.containing(newest, zone(), grain)
    return period.previous().start if period.end > now else period.start


def _newest(kpis: Sequence[Definition], departments: Sequence[int], until: datetime | None) -> dict[int, datetime]:
    grains = sorted({kpi.grain for kpi in kpis})
    params: list[Any]
    query, params = NEWEST, [[kpi.pk for kpi in kpis], list(departments), grains]
    if until is not None:
        query, params = NEWEST.replace("GROUP BY", "AND start < %s GROUP BY"), [*params, until]
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return dict(cursor.fetchall())


def _targets(kpis: Sequence[Definition]) -> dict[int, list[Target]]:
    """All targets of these KPIs; those of the department that owns the KPI come first."""
    found: dict[int, list[Target]] = {}
    owners = {kpi.pk: kpi.department_id for kpi in kpis}
    rule = Q(kpi__in=list(owners)) & Q(archived_at__isnull=True)
    for target in Target.objects.filter(rule).order_by("-valid_from"):
        found.setdefault(target.kpi_id, []).append(target)
    for key, targets in found.items():
        targets.sort(key=lambda one: one.department_id != owners[key])
    return found


def _target_at(targets: list[Target], day: date) -> Target | None:
    valid = [one for one in targets if one.valid_from <= day and (one.valid_until is None or one.valid_until > day)]
    return valid[0] if valid else None


def freshness() -> tuple[datetime | None, int]:
    """(time of the last roll-up within the scope, batches still waiting)."""
    current()
    newest = ReadingBatch.objects.filter(rolled_up_at__isnull=False).order_by("-rolled_up_at").first()
    waiting = ReadingBatch.objects.filter(rolled_up_at__isnull=True).count()
    return (newest.rolled_up_at if newest else None), waiting


def overview_kpis(user: Any) -> list[Definition]:
    found = Definition.objects.visible_to(user).filter(archived_at__isnull=True, on_overview=True)
    return list(found.select_related("owner").order_by("position", "name"))


def split(one: Standing, *, user: Any) -> list[tuple[Department, Decimal | None, int]]:
    """The latest period by department, largest count first."""
    latest = one.latest
    if latest is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT department_id, count, total, weight, last_value FROM kpis_rollup WHERE kpi_id = %s AND grain = %s"
            " AND start = %s AND department_id = ANY(%s) ORDER BY count DESC, department_id LIMIT 50",
            [one.kpi.pk, one.grain, latest.period.start, readable_departments(user)],
        )
        rows = cursor.fetchall()
    names = Department.objects.in_bulk([row[0] for row in rows])
    return [
        (names[key], one.kpi.value(total, weight, count, last), count)
        for key, count, total, weight, last in rows
        if key in names
    ]
