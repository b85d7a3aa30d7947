"""Questions about KPI values: series, latest values with status, signals. They never write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.science.forecast import Forecast, forecast
from apps.core.science.xmr import XmrChart, xmr_chart
from apps.core.values import Period
from apps.kpis.models import Definition, Limits, ReadingBatch, Rebaseline, Target
from apps.kpis.series import Value, bases, by_department, series, zone
from apps.org.models import Closure, Department, Site

ORDER = {"hour": 0, "day": 1, "week": 2, "month": 3}
SEASONS = {"hour": 24, "day": 7, "week": 52, "month": 12}
AHEAD = 6
LEAST_FOR_FORECAST = 12
DIRECTIONS = {"higher": "increase", "lower": "decrease", "range": "neutral"}
NEWEST = """
SELECT kpi_id, max(start) FROM kpis_rollup
WHERE kpi_id = ANY(%s) AND department_id = ANY(%s) AND grain = 'hour' GROUP BY kpi_id
"""


@dataclass(frozen=True)
class Standing:
    """How a KPI stands: its series, the latest value, the limits of every period and the status they give."""

    kpi: Definition
    grain: str
    values: tuple[Value, ...]
    targets: tuple[Target | None, ...]
    tone: str
    changes: tuple[Rebaseline, ...] = ()

    @property
    def latest(self) -> Value | None:
        return next((one for one in reversed(self.values) if one.value is not None), None)

    @property
    def target(self) -> Limits | None:
        """The limits at the latest value."""
        limits = self.limits
        at = next((index for index in reversed(range(len(limits))) if self.values[index].value is not None), -1)
        return limits[at] if limits else None

    @property
    def limits(self) -> tuple[Limits | None, ...]:
        """The limits of every period, the season applied."""
        return tuple(
            None if target is None else target.limits_on(value.period.first)
            for target, value in zip(self.targets, self.values, strict=True)
        )

    @property
    def known(self) -> list[Value]:
        return [one for one in self.values if one.value is not None]

    @property
    def change(self) -> Decimal | None:
        known = [one.value for one in self.values if one.value is not None]
        return known[-1] - known[-2] if len(known) > 1 else None

    def breaks(self) -> tuple[int, ...]:
        """Indices among the known values at which a deliberate change starts new limits; each stretch needs two points."""
        known, found = self.known, [0]
        for one in sorted(self.changes, key=lambda change: change.starts_on):
            index = next((at for at, value in enumerate(known) if value.period.first >= one.starts_on), len(known))
            if index >= found[-1] + 2 and index <= len(known) - 2:
                found.append(index)
        return tuple(found[1:])

    def chart(self) -> XmrChart | None:
        """Natural process limits over the known values; None under 12 points, where limits say nothing."""
        known = [float(one.value) for one in self.values if one.value is not None]
        if len(known) < 12:
            return None
        limits = self.target
        return xmr_chart(
            known,
            direction=DIRECTIONS[self.kpi.direction],  # type: ignore[arg-type]
            target=float(limits.target) if limits else None,
            breaks=self.breaks(),
            baseline=self.kpi.baseline_points,
        )


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


def site_members(keys: Iterable[int]) -> dict[int | None, list[int]]:
    """These departments by site; one without a site stands at that of the nearest department above, if any."""
    tree = {key: (parent, site) for key, parent, site in Department.objects.values_list("pk", "parent_id", "site_id")}
    members: dict[int | None, list[int]] = {}
    for key in sorted(keys):
        at: int | None = key
        while at in tree and tree[at][1] is None:
            at = tree[at][0]
        members.setdefault(tree[at][1] if at in tree else None, []).append(key)
    return members


def at_site(keys: Iterable[int], code: str) -> list[int]:
    """Those of these departments that belong to the site; all of them for no code."""
    if not code:
        return sorted(keys)
    site = Site.objects.filter(code=code).first()
    return site_members(keys).get(site.pk, []) if site else []


def by_site(one: Standing, *, user: Any) -> list[tuple[Site, Value]]:
    """The latest period by site, for sites with something in it."""
    latest, found = one.latest, []
    if latest is None:
        return []
    members = site_members(readable_departments(user))
    known = Site.objects.in_bulk([key for key in members if key is not None])
    sites = {site: members[key] for key, site in known.items()}
    for site, keys in sorted(sites.items(), key=lambda pair: pair[0].code):
        period = latest.period
        value = series([one.kpi], departments=keys, grain=one.grain, start=period.start, end=period.end)[one.kpi.pk][0]
        if value.value is not None:
            found.append((site, value))
    return found


def forecast_of(one: Standing) -> tuple[Forecast, tuple[Period, ...]] | None:
    """The coming periods by the method that would have done best; None under 12 values."""
    values = [float(value.value) for value in one.values if value.value is not None]
    if len(values) < LEAST_FOR_FORECAST:
        return None
    made = forecast(values, horizon=AHEAD, season=SEASONS[one.grain])
    period, periods = one.known[-1].period, []
    for _ in range(AHEAD):
        period = period.next()
        periods.append(period)
    return made, tuple(periods)


def grain_for(kpi: Definition, wanted: str) -> str:
    """Nothing is shown finer than it is measured."""
    return wanted if ORDER[wanted] >= ORDER[kpi.grain] else kpi.grain


def standings(
    kpis: Sequence[Definition],
    *,
    user: Any,
    grain: str,
    points: int = 26,
    until: datetime | None = None,
    departments: Sequence[int] | None = None,
    through_now: bool = False,
) -> list[Standing]:
    """Each KPI's last `points` periods up to its newest value (or `until`), with target and status.

    `through_now` shows the periods up to the last whole one before `until`, whether anything arrived or not.
    """
    keys = list(departments) if departments is not None else readable_departments(user)
    groups: dict[tuple[str, date], list[Definition]] = {}
    newest = _newest(kpis, keys, until)
    if through_now:
        newest = dict.fromkeys((kpi.pk for kpi in kpis), until or timezone.now())
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
    targets, changes = _targets(kpis), _changes(kpis)
    return [_standing(kpi, *values[kpi.pk], targets.get(kpi.pk, []), changes.get(kpi.pk, [])) for kpi in kpis]


def _standing(
    kpi: Definition, grain: str, values: tuple[Value, ...], targets: list[Target], changes: list[Rebaseline]
) -> Standing:
    fitting = [one for one in targets if one.per in {"", grain}]
    each = tuple(_target_at(fitting, value.period.last) for value in values)
    at = next((index for index in reversed(range(len(values))) if values[index].value is not None), None)
    target = each[at] if at is not None else None
    tone = ""
    if target is not None and at is not None:
        tone = target.tone(values[at].value, kpi.direction, values[at].period.first)
    return Standing(kpi, grain, values, each, tone, tuple(changes))


def _last_complete(newest: datetime | None, grain: str, now: datetime) -> datetime:
    """The newest period that is over; a week that has just begun would look like a collapse."""
    if newest is None:
        return now
    period = Period.containing(newest, zone(), grain)
    return period.previous().start if period.end > now else period.start


def _newest(kpis: Sequence[Definition], departments: Sequence[int], until: datetime | None) -> dict[int, datetime]:
    """The newest period with readings; of a formula the newest that all its inputs have."""
    needed = bases(kpis)
    params: list[Any]
    query, params = NEWEST, [sorted({key for keys in needed.values() for key in keys}), list(departments)]
    if until is not None:
        query, params = NEWEST.replace("GROUP BY", "AND start < %s GROUP BY"), [*params, until]
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        newest = dict(cursor.fetchall())
    return {
        key: min(newest[base] for base in keys if base in newest)
        for key, keys in needed.items()
        if any(base in newest for base in keys)
    }


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


def _changes(kpis: Sequence[Definition]) -> dict[int, list[Rebaseline]]:
    found: dict[int, list[Rebaseline]] = {}
    for one in Rebaseline.objects.filter(kpi__in=[kpi.pk for kpi in kpis], archived_at__isnull=True):
        found.setdefault(one.kpi_id, []).append(one)
    return found


def _target_at(targets: list[Target], day: date) -> Target | None:
    valid = [one for one in targets if one.valid_from <= day and (one.valid_until is None or one.valid_until > day)]
    return valid[0] if valid else None


def freshness() -> tuple[datetime | None, int]:
    """(time of the last roll-up of anything, batches still waiting): how fresh the figures are is nobody's secret."""
    with scope.system("when readings were rolled up"):
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
    found = by_department(one.kpi, departments=readable_departments(user), period=latest.period)
    names = Department.objects.in_bulk(list(found))
    rows = [(names[key], value.value, value.count) for key, value in found.items() if key in names]
    return sorted(rows, key=lambda row: (-row[2], row[0].code))
