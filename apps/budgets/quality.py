"""Cost of quality in four classes, of what is booked on categories and what other apps feed; every figure is the sum of its records.

Source of the classes: the PAF model (prevention, appraisal, internal and external failure) of A. V. Feigenbaum, Total
Quality Control; costs of conformance are the first two, of non-conformance the last two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.utils.translation import gettext

from apps.budgets import variance
from apps.budgets.models import Account, Category, Entry, Line, Plan
from apps.budgets.models.plan import period_of
from apps.budgets.queries import ZERO, converted
from apps.core.errors import Refused
from apps.core.qualitycosts import CostFeed, feeds
from apps.core.values.numbers import round_half_up
from apps.org.models import Closure, Department

CLASSES = {str(key): str(label) for key, label in Category.Quality.choices}
FAILURES = (str(Category.Quality.INTERNAL), str(Category.Quality.EXTERNAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one record cost, in the currency of the budget."""

    subject: str
    text: str
    on: date
    period: int
    department_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where costs of one class come from: a category of the budget or a feed of another app."""

    key: str
    label: str
    quality: str
    records: tuple[Record, ...]
    without_rate: int = 0

    @property
    def amount(self) -> Decimal:
        return sum((one.amount for one in self.records), ZERO)


def sources(plan: Plan, user: Any, *, through: int) -> list[Source]:
    """What the reader may see of a budget's departments from its first day through a period, class by class."""
    family = variance.family_of(plan)
    found = [*_booked(family, user, through), *(_fed(one, family, user, through) for one in feeds)]
    order = list(CLASSES)
    return sorted((one for one in found if one.records or one.without_rate), key=lambda one: order.index(one.quality))


def by_class(found: Iterable[Source]) -> dict[str, Decimal]:
    """Class → its cost; a class without any is zero."""
    sums = dict.fromkeys(CLASSES, ZERO)
    for one in found:
        sums[one.quality] += one.amount
    return sums


def summed(found: Iterable[Source], key: Callable[[Record], Any]) -> dict[Any, dict[str, Decimal]]:
    """Department or period → class → cost."""
    sums: dict[Any, dict[str, Decimal]] = {}
    for source in found:
        for record in source.records:
            row = sums.setdefault(key(record), dict.fromkeys(CLASSES, ZERO))
            row[source.quality] += record.amount
    return dict(sorted(sums.items()))


def names_of(found: Iterable[Source]) -> dict[int, str]:
    """Names of the departments that bear the costs."""
    keys = {record.department_id for source in found for record in source.records}
    return dict(Department.objects.filter(pk__in=keys).values_list("pk", "name"))


def _booked(plan: Plan, user: Any, through: int) -> list[Source]:
    lines: dict[int, Line] = {
        one.pk: one for one in variance.ledger_lines([plan], user) if one.category is not None and one.category.quality
    }
    rows = Entry.objects.filter(line_id__in=lines, account=Account.ACTUAL, period__lte=through).order_by("pk")
    records: dict[str, list[Record]] = {}
    categories: dict[str, Category] = {}
    for key, line_id, document, on, period, amount in rows.values_list(
        "pk", "line_id", "document", "on", "period", "amount"
    ):
        line = lines[line_id]
        assert line.category is not None
        categories[line.category.code] = line.category
        records.setdefault(line.category.code, []).append(
            Record(
                subject=f"{Entry.RESOURCE}:{key}", text=f"{document} · {line}", on=on, period=period,
                department_id=line.department_id, amount=amount,
            )
        )  # fmt: skip
    return [
        Source(
            key=f"category:{code}",
            label=gettext("Booked on %(category)s") % {"category": categories[code].name},
            quality=categories[code].quality,
            records=tuple(found),
        )
        for code, found in records.items()
    ]


def _fed(feed: CostFeed, plan: Plan, user: Any, through: int) -> Source:
    first, last = plan.starts_on or date(plan.fiscal_year, 1, 1), plan.period_ends[through - 1]
    below = set(Closure.objects.filter(ancestor_id=plan.department_id).values_list("descendant_id", flat=True))
    kept, left_out = [], 0
    for one in feed.collect(user, first, last):
        if one.department_id not in below | {plan.department_id}:
            continue
        cents = round_half_up(one.amount, get_currency_precision(one.currency))
        try:
            amount = converted(cents, one.currency, plan.currency, one.on)
        except Refused:
            left_out += 1
            continue
        period = period_of(plan.period_ends, first, one.on) or through
        kept.append(
            Record(
                subject=one.subject, text=one.text, on=one.on, period=period, department_id=one.department_id, amount=amount
            )
        )  # fmt: skip
    return Source(key=feed.name, label=feed.label, quality=feed.quality, records=tuple(kept), without_rate=left_out)
