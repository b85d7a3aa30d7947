"""Answers of the explore page: chosen KPIs over chosen periods, split by place and compared, in the reader's scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db import connection

from apps.core.errors import Refused
from apps.core.values import Period
from apps.kpis import queries
from apps.kpis.models import Definition
from apps.kpis.series import Value, bases, each_department, series, zone
from apps.org.models import Department, Site

MOMENT = timedelta(microseconds=1)
MOST_KPIS, MOST_PERIODS, MOST_LINES, USUAL_POINTS = 6, 400, 60, 26
WITH_READINGS = """
SELECT count(DISTINCT department_id) FROM kpis_rollup
WHERE kpi_id = ANY(%s) AND department_id = ANY(%s) AND grain = %s AND start >= %s AND start < %s
"""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a person wants to see. `start` and `end` are dates of the site, both included; without them the newest."""

    kpis: tuple[Definition, ...]
    split: str = ""
    grain: str = ""
    points: int = USUAL_POINTS
    start: date | None = None
    end: date | None = None
    compare: str = ""
    department: Department | None = None


Place = Department | Site | None


@dataclass(frozen=True)
class Line:
    """One KPI, or its part of one place; `before` holds the value that each period is compared with."""

    kpi: Definition
    place: Place
    name: str
    values: tuple[Value, ...]
    before: tuple[Value | None, ...] = ()

    @property
    def latest(self) -> int | None:
        """Where the newest known value stands."""
        return next((at for at in reversed(range(len(self.values))) if self.values[at].value is not None), None)


@dataclass(frozen=True)
class Answer:
    question: Question
    grain: str
    periods: tuple[Period, ...]
    earlier: tuple[Period | None, ...]
    lines: tuple[Line, ...]

    @property
    def raised(self) -> tuple[Definition, ...]:
        """KPIs that are measured more coarsely than was asked, so that all are shown so."""
        asked = self.question.grain
        return tuple(one for one in self.question.kpis if asked and queries.ORDER[one.grain] > queries.ORDER[asked])


def answer(question: Question, *, user: Any) -> Answer:
    """The same numbers as the chart page shows, for several KPIs on the same periods."""
    keys = queries.readable_departments(user)
    if question.department is not None:
        keys = queries.below(question.department, keys)
    grain = _grain(question)
    periods = _periods(question, user, keys, grain)
    earlier = _earlier(question.compare, periods)
    now = _parts(question, keys, periods)
    before = [one for one in earlier if one is not None]
    past = _parts(question, keys, list(_run(before))) if before else {}
    nothing = tuple(Value(period, None) for period in periods)
    lines = tuple(
        Line(
            kpi,
            place,
            f"{kpi.name}, {place or 'no site'}" if question.split else kpi.name,
            now.get((kpi, place), nothing),
            _matched(past.get((kpi, place), ()), earlier),
        )
        for kpi, place in sorted({**now, **past}, key=lambda pair: _order(question, *pair))
    )
    if len(lines) > MOST_LINES:
        raise _too_many(len(lines))
    return Answer(question, grain, tuple(periods), earlier, lines)


def _order(question: Question, kpi: Definition, place: Place) -> tuple[int, bool, str]:
    return question.kpis.index(kpi), place is None, place.code if place else ""


Parts = dict[tuple[Definition, Place], tuple[Value, ...]]


def _parts(question: Question, keys: Sequence[int], periods: Sequence[Period]) -> Parts:
    """The values of every KPI at every place that the split names."""
    if question.split == "department":
        return _by_department(question.kpis, keys, periods)
    if question.split == "site":
        return _by_site(question.kpis, keys, periods)
    found = _series(question.kpis, keys, periods)
    return {(kpi, None): found[kpi.pk] for kpi in question.kpis}


def _by_department(kpis: Sequence[Definition], keys: Sequence[int], periods: Sequence[Period]) -> Parts:
    needed = sorted({key for some in bases(kpis).values() for key in some})
    with connection.cursor() as cursor:
        window: list[Any] = [needed, list(keys), str(periods[0].grain), periods[0].start, periods[-1].end]
        cursor.execute(WITH_READINGS, window)
        count = cursor.fetchone()[0]
    if count > MOST_LINES:
        raise _too_many(count)
    found = {kpi: each_department(kpi, departments=keys, periods=periods) for kpi in kpis}
    places = Department.objects.in_bulk({key for some in found.values() for key in some})
    return {(kpi, places[key]): values for kpi, some in found.items() for key, values in some.items() if key in places}


def _by_site(kpis: Sequence[Definition], keys: Sequence[int], periods: Sequence[Period]) -> Parts:
    members = queries.site_members(keys)
    sites = Site.objects.in_bulk([key for key in members if key is not None])
    found = {sites.get(key or 0): _series(kpis, departments, periods) for key, departments in members.items()}
    return {
        (kpi, site): values[kpi.pk]
        for kpi in kpis
        for site, values in found.items()
        if any(one.value is not None or one.count for one in values[kpi.pk])
    }


def _series(kpis: Sequence[Definition], keys: Sequence[int], periods: Sequence[Period]) -> dict[int, tuple[Value, ...]]:
    return series(kpis, departments=keys, grain=str(periods[0].grain), start=periods[0].start, end=periods[-1].end)


def _grain(question: Question) -> str:
    """One grain for all lines: the one asked for, but none finer than the coarsest KPI is measured."""
    grains = [*(one.grain for one in question.kpis), *([question.grain] if question.grain else [])]
    return max(grains, key=lambda grain: queries.ORDER[grain])


def _periods(question: Question, user: Any, keys: Sequence[int], grain: str) -> list[Period]:
    if question.end is not None:
        last = Period.containing(_day(question.end).end - MOMENT, zone(), grain)
    else:
        newest = queries.standings(question.kpis, user=user, grain=grain, points=1, departments=keys)
        last = max((one.values[-1].period for one in newest), key=lambda period: period.start)
    if question.start is None:
        periods = [last]
        while len(periods) < question.points:
            periods.insert(0, periods[0].previous())
        return periods
    first = _on(question.start, grain)
    periods = list(islice(Period.between(first.start, last.end, zone(), grain), MOST_PERIODS + 1))
    if not periods:
        raise Refused(
            f"The range ends with {last.label}, before it starts. Choose an earlier start or a later end.",
            code="bad_filter",
            field="start",
        )
    if len(periods) > MOST_PERIODS:
        raise Refused(
            f"The range holds more than {MOST_PERIODS} periods. Choose a shorter range or longer periods.",
            code="bad_filter",
            field="start",
        )
    return periods


def _day(day: date) -> Period:
    return Period.containing(datetime.combine(day, time(12), zone()), zone(), "day")


def _on(day: date, grain: str) -> Period:
    """The period in which the day begins."""
    return Period.containing(_day(day).start, zone(), grain)


def _earlier(compare: str, periods: Sequence[Period]) -> tuple[Period | None, ...]:
    """For each period the one it is compared with; none where last year had no such week or day."""
    if compare == "year":
        return tuple(year_before(period) for period in periods)
    if compare != "previous":
        return ()
    found = [periods[0].previous()]
    while len(found) < len(periods):
        found.insert(0, found[0].previous())
    return tuple(found)


def year_before(period: Period) -> Period | None:
    """The same week number, or the same date and hour, one year earlier."""
    local = period.start.astimezone(period.zone)
    try:
        if str(period.grain) == "week":
            year, week, _ = period.first.isocalendar()
            return _on(date.fromisocalendar(year - 1, week, 1), "week")
        if str(period.grain) == "hour":
            return Period.containing(local.replace(year=local.year - 1), period.zone, "hour")
        return _on(period.first.replace(year=period.first.year - 1), str(period.grain))
    except ValueError:
        return None


def _run(periods: Sequence[Period]) -> Iterable[Period]:
    """All periods from the first to the last of these."""
    first, last = min(periods, key=_start), max(periods, key=_start)
    return Period.between(first.start, last.end, first.zone, first.grain)


def _start(period: Period) -> datetime:
    return period.start


def _matched(values: Sequence[Value], earlier: Sequence[Period | None]) -> tuple[Value | None, ...]:
    by_start = {value.period.start: value for value in values}
    return tuple(by_start.get(one.start, Value(one, None)) if one is not None else None for one in earlier)


def _too_many(count: int) -> Refused:
    return Refused(
        f"That gives {count} lines; {MOST_LINES} can be shown. Choose fewer KPIs or one department, or split by site.",
        code="bad_filter",
        field="split",
    )
