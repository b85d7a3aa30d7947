"""What was ordered from whom, and what of it came in good: one table, summed by supplier, part, category, department, state or month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.core.values import format_number
from apps.inventory.planning.classes import abc
from apps.org.models import Department
from apps.procurement.models import Order, Supplier

ZERO = Decimal(0)
SUMMED = ("worth", "ordered", "received", "rejected")
GROUPS = ("supplier", "part", "category", "department", "state", "month")
COUNTED = (Order.State.PLACED, Order.State.CLOSED)
KEYS = {
    "supplier": "o.supplier_id::text",
    "part": "coalesce(nullif(l->>'part', ''), l->>'text')",
    "category": "o.category",
    "department": "o.department_id::text",
    "state": "o.state",
    "month": "to_char(o.ordered_on, 'YYYY-MM')",
}
SQL = """
WITH line AS (
  SELECT o.id, {key} AS key, (l->>'line')::int AS line, (l->>'quantity')::numeric AS quantity,
    (l->>'quantity')::numeric * (l->>'price')::numeric * coalesce(o.rate, 1) AS worth
  FROM procurement_order o CROSS JOIN LATERAL jsonb_array_elements(o.lines) l
  WHERE o.state = ANY(%(states)s) AND o.archived_at IS NULL
    AND o.ordered_on >= %(start)s AND o.ordered_on < %(end)s
), came AS (
  SELECT order_id, line, sum(quantity) FILTER (WHERE kind = 'received') AS received,
    sum(quantity) FILTER (WHERE kind = 'rejected') AS rejected
  FROM procurement_flow WHERE kind IN ('received', 'rejected') AND order_id IN (SELECT id FROM line) GROUP BY 1, 2
)
SELECT key, sum(worth), count(DISTINCT line.id), count(*), sum(quantity),
  coalesce(sum(received), 0), coalesce(sum(rejected), 0)
FROM line LEFT JOIN came ON came.order_id = line.id AND came.line = line.line GROUP BY key
"""
CHARGES = """
SELECT coalesce(sum(tax * coalesce(rate, 1)), 0), coalesce(sum(freight * coalesce(rate, 1)), 0)
FROM procurement_order
WHERE state = ANY(%(states)s) AND archived_at IS NULL AND ordered_on >= %(start)s AND ordered_on < %(end)s
"""


@dataclass(frozen=True)
class Spend:
    """One row: worth in the site's currency, quantities in the units ordered, class by the share of worth before it."""

    key: str
    name: str
    worth: Decimal
    orders: int
    lines: int
    ordered: Decimal
    received: Decimal
    rejected: Decimal
    share: Decimal = ZERO
    cumulative: Decimal = ZERO
    klass: str = ""

    @property
    def reject_rate(self) -> Decimal | None:
        return self.rejected / self.received if self.received else None


@dataclass(frozen=True)
class Analysis:
    """The rows, the largest first, and what they come to; tax and freight belong to whole orders."""

    rows: list[Spend]
    total: Spend
    tax: Decimal
    freight: Decimal

    @property
    def due(self) -> Decimal:
        return self.total.worth + self.tax + self.freight

    def counts(self) -> dict[str, int]:
        return {one: sum(row.klass == one for row in self.rows) for one in "ABC"}


def analysis(*, start: date, end: date, by: str, states: Iterable[str] = COUNTED) -> Analysis:
    """Orders dated from `start` until before `end`, within the reader's reach."""
    asked: dict[str, Any] = {"start": start, "end": end, "states": [str(one) for one in states]}
    with connection.cursor() as cursor:
        cursor.execute(SQL.format(key=KEYS[by]), asked)
        found = cursor.fetchall()
        cursor.execute(CHARGES, asked)
        tax, freight = cursor.fetchone()
    names = _names(by, [row[0] for row in found])
    plain = [Spend(row[0] or "", names.get(row[0], row[0]) or "none", *row[1:]) for row in found]
    total = _total(plain)
    return Analysis(_classed(plain, total.worth), total, tax, freight)


def _total(rows: list[Spend]) -> Spend:
    worth, ordered, received, rejected = (sum((getattr(one, name) for one in rows), ZERO) for name in SUMMED)
    orders, lines = (sum(getattr(one, name) for one in rows) for name in ("orders", "lines"))
    return Spend("", "All", worth, orders, lines, ordered, received, rejected)


def _classed(rows: list[Spend], total: Decimal) -> list[Spend]:
    classes = abc({one.key: one.worth for one in rows})
    ordered, before, made = sorted(rows, key=lambda one: (-one.worth, one.key)), ZERO, []
    for one in ordered:
        before += one.worth
        share, cumulative = (one.worth / total, before / total) if total else (ZERO, ZERO)
        made.append(replace(one, share=share, cumulative=cumulative, klass=classes[one.key]))
    return made


def _names(by: str, keys: list[str]) -> dict[str, str]:
    if by == "supplier":
        return {str(one.pk): one.name for one in Supplier.objects.filter(pk__in=keys)}
    if by == "department":
        return {str(one.pk): f"{one.code} {one.name}" for one in Department.objects.filter(pk__in=keys)}
    if by == "state":
        return {str(one.value): str(one.label) for one in Order.State}
    return {}


def percent(share: Decimal | None, places: int = 1) -> str | None:
    return None if share is None else format_number(share * 100, places, unit="%")
