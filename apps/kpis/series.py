"""Values of KPIs by period: parts added up over departments, the version of that time, percentiles and formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Q

from apps.core.expressions import Expression, Type, parse
from apps.core.values import Period
from apps.kpis import sketch
from apps.kpis.models import Across, Definition, Origin, Rule, Version
from apps.kpis.models.definition import OWN_NAMES, Computation, Parts

MAX_DEPTH = 10
SUMS = """
SELECT kpi_id, start, {each} sum(count)::bigint, sum(total), sum(weight), sum(products), min(minimum), max(maximum),
  sum(last_value) FROM kpis_rollup
WHERE kpi_id = ANY(%s) AND department_id = ANY(%s) AND grain = %s AND start >= %s AND start < %s
GROUP BY kpi_id, start {group} ORDER BY kpi_id, start
"""
SKETCHES = """
SELECT kpi_id, start, {each} bucket, sum(count)::bigint FROM kpis_sketch
WHERE kpi_id = ANY(%s) AND department_id = ANY(%s) AND grain = %s AND start >= %s AND start < %s
GROUP BY kpi_id, start, {each} bucket
"""
JOINS: Mapping[str, Callable[[list[Decimal]], Decimal]] = {
    Across.SUM: sum,  # type: ignore[dict-item]
    Across.MEAN: lambda found: sum(found, Decimal(0)) / len(found),
    Across.MAX: max,
    Across.MIN: min,
}


@dataclass(frozen=True)
class Value:
    """A KPI's value in one period; None where nothing was measured or the denominator is zero."""

    period: Period
    value: Decimal | None
    count: int = 0


Key = tuple[int, datetime]


@dataclass
class _Found:
    """What was read for one question: definitions, their versions, and parts by KPI and period, maybe by department."""

    kpis: dict[int, Definition]
    by_name: dict[str, int]
    versions: dict[int, list[Version]]
    whole: dict[Key, Parts] = field(default_factory=dict)
    single: dict[Key, list[Parts]] = field(default_factory=dict)
    known: dict[Key, Decimal | None] = field(default_factory=dict)


def zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def series(
    kpis: Sequence[Definition], *, departments: Sequence[int], grain: str, start: datetime, end: datetime
) -> dict[int, tuple[Value, ...]]:
    """For every KPI the values of all periods from start to end, gaps included."""
    periods = list(Period.between(start, end, zone(), grain))
    if not periods:
        return {kpi.pk: () for kpi in kpis}
    found = _gather(kpis)
    _read_parts(found, departments, grain, periods)
    return {
        kpi.pk: tuple(Value(period, _value(found, kpi.pk, period), _count(found, kpi.pk, period)) for period in periods)
        for kpi in kpis
    }


def bases(kpis: Sequence[Definition]) -> dict[int, set[int]]:
    """For every KPI those with readings that its values come from in the end; itself, unless it is a pure formula."""
    if not any(kpi.origin == Origin.FORMULA or kpi.dated for kpi in kpis):
        return {kpi.pk: {kpi.pk} for kpi in kpis}
    found = _gather(kpis)

    def of(key: int, depth: int = 0) -> set[int]:
        kpi = found.kpis[key]
        names = _names(found, kpi) if depth < MAX_DEPTH else set()
        below = [of(found.by_name[name], depth + 1) for name in names if name in found.by_name]
        own = set() if below and kpi.origin == Origin.FORMULA else {key}
        return own.union(*below)

    return {kpi.pk: of(kpi.pk) for kpi in kpis}


def depending_on(kpi_ids: Iterable[int]) -> set[int]:
    """KPIs whose formula uses one of these, directly or through others."""
    found: set[int] = set()
    computed = [(one, names_in(one.formula)) for one in Definition.objects.exclude(formula="")]
    names = {one.formula_name for one in Definition.objects.filter(pk__in=list(kpi_ids))} if computed else set()
    for _ in range(MAX_DEPTH):
        more = [one for one, uses in computed if one.pk not in found and uses & names]
        if not more:
            break
        found |= {one.pk for one in more}
        names = {one.formula_name for one in more}
    return found


def by_department(kpi: Definition, *, departments: Sequence[int], period: Period) -> dict[int, Value]:
    """The KPI of one period for each department that has something in it."""
    return {key: values[0] for key, values in each_department(kpi, departments=departments, periods=[period]).items()}


def each_department(
    kpi: Definition, *, departments: Sequence[int], periods: Sequence[Period]
) -> dict[int, tuple[Value, ...]]:
    """The KPI in each of these successive periods, for every department that has something in them."""
    if not periods:
        return {}
    found = _gather([kpi])
    window: list[Any] = [list(departments), _grain(periods[0]), periods[0].start, periods[-1].end]
    sketched = [key for key, one in found.kpis.items() if one.rule == Rule.PERCENTILE or one.dated]
    quantiles = _quantiles(found, sketched, window, apart=True)
    each: dict[int, _Found] = {}
    with connection.cursor() as cursor:
        cursor.execute(SUMS.format(each="department_id,", group=", department_id"), [list(found.kpis), *window])
        for kpi_id, at, department, *row in cursor.fetchall():
            own = each.setdefault(department, _Found(found.kpis, found.by_name, found.versions))
            parts = replace(Parts(*row), quantile=quantiles.get((kpi_id, at, department)))
            own.whole[(kpi_id, at)] = parts
            own.single[(kpi_id, at)] = [parts]
    return {
        department: tuple(Value(one, _value(own, kpi.pk, one), _count(own, kpi.pk, one)) for one in periods)
        for department, own in each.items()
    }


def _grain(period: Period) -> str:
    return str(getattr(period.grain, "value", period.grain))


def _count(found: _Found, kpi_id: int, period: Period) -> int:
    parts = found.whole.get((kpi_id, period.start))
    return parts.count if parts else 0


def _gather(kpis: Sequence[Definition]) -> _Found:
    """The KPIs, those their formulas need, and the versions of both."""
    found = _Found({kpi.pk: kpi for kpi in kpis}, {}, {})
    fresh = list(kpis)
    for _ in range(MAX_DEPTH):
        dated = [kpi.pk for kpi in fresh if kpi.dated]
        if dated:
            for one in Version.objects.filter(kpi__in=dated, archived_at__isnull=True).order_by("-number"):
                found.versions.setdefault(one.kpi_id, []).append(one)
        names = {name for kpi in fresh for name in _names(found, kpi)} - found.by_name.keys()
        if not names:
            break
        fresh = [one for one in by_formula_name(names).values() if one.pk not in found.kpis]
        found.kpis.update((one.pk, one) for one in fresh)
        found.by_name.update((one.formula_name, one.pk) for one in found.kpis.values())
        if not fresh:
            break
    return found


def by_formula_name(names: Iterable[str]) -> dict[str, Definition]:
    """The KPIs that formulas call by these names, as far as they are visible."""
    wanted = set(names)
    if not wanted:
        return {}
    codes = Q(code__in=wanted) | Q(code__in={name.replace("_", "-") for name in wanted}) | _mixed(wanted)
    return {one.formula_name: one for one in Definition.objects.filter(codes) if one.formula_name in wanted}


def _mixed(names: Iterable[str]) -> Q:
    """Codes that hold both - and _ are spelled with _ only in formulas."""
    mixed = [name.replace("_", "[-_]") for name in names if name.count("_") > 1]
    return Q(code__regex=f"^({'|'.join(mixed)})$") if mixed else Q(pk__in=[])


def _names(found: _Found, kpi: Definition) -> set[str]:
    texts = {kpi.formula, *(one.formula for one in found.versions.get(kpi.pk, []))} - {""}
    return {name for text in texts for name in names_in(text)} - set(OWN_NAMES)


@lru_cache(maxsize=512)
def stored_formula(text: str) -> Expression:
    """A formula as it was checked when it was written; parsed once, not once per period."""
    return parse(text, names=_AnyName())


def names_in(text: str) -> frozenset[str]:
    """Every name a stored formula uses."""
    return stored_formula(text).names


class _AnyName(dict[str, Type]):
    """Stored formulas were checked when they were written; here every name counts as a number."""

    def __contains__(self, name: object) -> bool:
        return str(name).lower() not in {"true", "false"}

    def __missing__(self, name: str) -> Type:
        return Type.NUMBER


def version_of(kpi: Definition, versions: Sequence[Version], day: date) -> Computation:
    """The computation that counts for a period beginning on this day; versions come newest first."""
    for one in versions:
        if one.valid_from is None or one.valid_from <= day:
            return one
    return kpi if not versions else versions[-1]


def _read_parts(found: _Found, departments: Sequence[int], grain: str, periods: list[Period]) -> None:
    window: list[Any] = [list(departments), grain, periods[0].start, periods[-1].end]
    every: dict[int, list[Computation]] = {key: [kpi, *found.versions.get(key, [])] for key, kpi in found.kpis.items()}
    apart = [key for key, ways in every.items() if any(way.across for way in ways)]
    sketched = [key for key, ways in every.items() if any(way.rule == Rule.PERCENTILE for way in ways)]
    whole_quantiles = _quantiles(found, sketched, window, apart=False)
    with connection.cursor() as cursor:
        cursor.execute(SUMS.format(each="", group=""), [list(found.kpis), *window])
        for kpi_id, at, *row in cursor.fetchall():
            found.whole[(kpi_id, at)] = replace(Parts(*row), quantile=whole_quantiles.get((kpi_id, at, 0)))
        if apart:
            single_quantiles = _quantiles(found, [key for key in sketched if key in apart], window, apart=True)
            cursor.execute(SUMS.format(each="department_id,", group=", department_id"), [apart, *window])
            for kpi_id, at, department, *row in cursor.fetchall():
                parts = replace(Parts(*row), quantile=single_quantiles.get((kpi_id, at, department)))
                found.single.setdefault((kpi_id, at), []).append(parts)


def _quantiles(
    found: _Found, kpis: list[int], window: list[Any], *, apart: bool
) -> dict[tuple[int, datetime, int], Decimal | None]:
    if not kpis:
        return {}
    counts: dict[tuple[int, datetime, int], list[tuple[int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(SKETCHES.format(each="department_id," if apart else ""), [kpis, *window])
        for kpi_id, at, *rest in cursor.fetchall():
            department, bucket, count = rest if apart else (0, *rest)
            counts.setdefault((kpi_id, at, department), []).append((bucket, count))
    made = {}
    for (kpi_id, at, department), pairs in counts.items():
        way = version_of(found.kpis[kpi_id], found.versions.get(kpi_id, []), at.astimezone(zone()).date())
        percent = way.quantile if way.quantile is not None else Decimal(50)
        made[(kpi_id, at, department)] = sketch.percentile(pairs, percent)
    return made


def _value(found: _Found, kpi_id: int, period: Period) -> Decimal | None:
    key = (kpi_id, period.start)
    if key not in found.known:
        found.known[key] = None  # a circle that slipped in through versions has no value
        found.known[key] = _computed(found, kpi_id, period)
    return found.known[key]


def _computed(found: _Found, kpi_id: int, period: Period) -> Decimal | None:
    kpi = found.kpis[kpi_id]
    way = version_of(kpi, found.versions.get(kpi_id, []), period.first)
    if way.origin == Origin.FORMULA:
        return _by_formula(found, way, kpi_id, period)
    key = (kpi_id, period.start)
    if way.across:
        values = [one for parts in found.single.get(key, []) if (one := way.value_of(parts)) is not None]
        return JOINS[way.across](values) if values else None
    return way.value_of(found.whole.get(key))


def _by_formula(found: _Found, way: Computation, kpi_id: int, period: Period) -> Decimal | None:
    parts = found.whole.get((kpi_id, period.start))
    own: Mapping[str, Decimal | None] = parts.named() if parts else {}
    values: dict[str, object] = {}
    for name in names_in(way.formula):
        if name in OWN_NAMES:
            values[name] = own.get(name)
        else:
            values[name] = _value(found, found.by_name[name], period) if name in found.by_name else None
    result = stored_formula(way.formula).evaluate(values)
    return result * way.factor if isinstance(result, Decimal) else None
