"""Where a KPI's value comes from: the version in force, the inputs of its formula, departments, and the readings behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from apps.core.metrics import metrics
from apps.core.values import Period
from apps.kpis.models import Definition, Origin, Version
from apps.kpis.models.definition import OWN_NAMES, Computation
from apps.kpis.series import Value, by_department, by_formula_name, names_in, series, version_of
from apps.org.models import Department

SHOWN = 200
READINGS = """
SELECT at, department_id, value, weight, batch_id, corrected FROM kpis_reading
WHERE kpi_id = %s AND department_id = ANY(%s) AND at >= %s AND at < %s ORDER BY at, department_id LIMIT %s
"""
TOTALS = """
SELECT count(*), sum(value), sum(weight), sum(value * weight) FROM kpis_reading
WHERE kpi_id = %s AND department_id = ANY(%s) AND at >= %s AND at < %s
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One reading behind a value."""

    at: datetime
    department: Department
    value: Decimal
    weight: Decimal | None
    batch_id: int
    corrected: bool


@dataclass(frozen=True, slots=True)
class Input:
    """A KPI that a formula uses, with its value in the same period and departments."""

    name: str
    kpi: Definition
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """All that made one value. `count`, `total`, `weight` and `products` are those of all readings, shown or not."""

    kpi: Definition
    period: Period
    value: Value
    computation: Computation
    version: int
    inputs: tuple[Input, ...]
    departments: tuple[tuple[Department, Value], ...]
    rows: tuple[Row, ...]
    count: int
    total: Decimal | None
    weight: Decimal | None
    products: Decimal | None
    records: str

    @property
    def formula(self) -> str:
        """The arithmetic in words people can check."""
        way = self.computation
        if way.origin == Origin.FORMULA:
            return way.formula
        factor = f" × {way.factor.normalize():f}" if way.factor != 1 else ""
        return {
            "sum": "sum of values",
            "mean": "sum of values / number of readings",
            "weighted": "sum of value × weight / sum of weights",
            "ratio": "sum of numerators / sum of denominators",
            "last": "last value",
            "max": "largest value",
            "min": "smallest value",
        }.get(way.rule, f"{way.quantile}th percentile, within 1 %") + factor


def lineage(kpi: Definition, *, departments: Sequence[int], period: Period) -> Lineage:
    """Everything behind the KPI's value in this period over these departments."""
    grain = str(getattr(period.grain, "value", period.grain))
    versions = list(Version.objects.filter(kpi=kpi, archived_at__isnull=True).order_by("-number"))
    way = version_of(kpi, versions if kpi.dated else [], period.first)
    inputs = _inputs(way, departments, grain, period)
    each = by_department(kpi, departments=departments, period=period)
    places = Department.objects.in_bulk(list(each))
    count, total, weight, products = _totals(kpi, departments, period)
    metric = metrics.get(way.metric) if way.origin == Origin.METRIC else None
    return Lineage(
        kpi=kpi,
        period=period,
        value=series([kpi], departments=departments, grain=grain, start=period.start, end=period.end)[kpi.pk][0],
        computation=way,
        version=getattr(way, "number", versions[0].number if versions else 1),
        inputs=inputs,
        departments=tuple(sorted(((places[key], one) for key, one in each.items()), key=lambda pair: pair[0].code)),
        rows=_rows(kpi, departments, period),
        count=count,
        total=total,
        weight=weight,
        products=products,
        records=metric.records if metric else "",
    )


def _inputs(way: Computation, departments: Sequence[int], grain: str, period: Period) -> tuple[Input, ...]:
    names = names_in(way.formula) - set(OWN_NAMES) if way.origin == Origin.FORMULA else frozenset()
    found = by_formula_name(names)
    values = series(list(found.values()), departments=departments, grain=grain, start=period.start, end=period.end)
    return tuple(Input(name, found[name], values[found[name].pk][0].value) for name in sorted(found))


def _totals(
    kpi: Definition, departments: Sequence[int], period: Period
) -> tuple[int, Decimal | None, Decimal | None, Decimal | None]:
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, [kpi.pk, list(departments), period.start, period.end])
        count, total, weight, products = cursor.fetchone()
    return count, total, weight, products


def _rows(kpi: Definition, departments: Sequence[int], period: Period) -> tuple[Row, ...]:
    with connection.cursor() as cursor:
        cursor.execute(READINGS, [kpi.pk, list(departments), period.start, period.end, SHOWN])
        rows = cursor.fetchall()
    places = Department.objects.in_bulk({row[1] for row in rows})
    return tuple(Row(row[0], places[row[1]], *row[2:]) for row in rows if row[1] in places)
