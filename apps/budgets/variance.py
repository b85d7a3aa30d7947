"""Budget against actual: variances with their signs, split in price, volume and efficiency, line by line.

Source of the split: flexible-budget variances as in C. T. Horngren et al., Cost Accounting: price variance = actual −
actual quantity × standard rate; efficiency = (actual quantity − quantity allowed for the actual output) × standard rate;
volume = (quantity allowed − planned quantity) × standard rate. Above zero costs more than planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from apps.budgets.models import Account, Category, Entry, Line, Plan, Remark
from apps.budgets.models.plan import period_of
from apps.budgets.queries import ZERO, Standing, standings

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Why actual differs from plan; efficiency is None where no output was planned or reported."""

    price: Decimal
    volume: Decimal
    efficiency: Decimal | None

    @property
    def total(self) -> Decimal:
        return self.price + self.volume + (self.efficiency or ZERO)


def split_variance(
    *,
    planned_quantity: Decimal,
    rate: Decimal,
    actual_quantity: Decimal,
    actual: Decimal,
    planned_output: Decimal | None = None,
    actual_output: Decimal | None = None,
) -> Split:
    """Parts that add up to actual − planned quantity × rate, exactly."""
    price = actual - actual_quantity * rate
    if not planned_output or actual_output is None:
        return Split(price=price, volume=(actual_quantity - planned_quantity) * rate, efficiency=None)
    allowed = planned_quantity * actual_output / planned_output
    return Split(price=price, volume=(allowed - planned_quantity) * rate, efficiency=(actual_quantity - allowed) * rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the report: the year's figures, and those through the chosen period that the variance is made of."""

    line: Line
    original: Decimal | None
    year: Standing
    to_date: Standing
    tolerance: Decimal
    split: Split | None = None
    remark: Remark | None = None

    @property
    def variance(self) -> Decimal:
        """Actual less budget through the period."""
        return self.to_date.actual - self.to_date.appropriated

    @property
    def per_cent(self) -> Decimal | None:
        budget = self.to_date.appropriated
        return self.variance * HUNDRED / budget if budget else None

    @property
    def favourable(self) -> bool | None:
        """Less spent or more earned than planned; None where both are the same."""
        if not self.variance:
            return None
        earns = self.line.category is not None and self.line.category.nature == Category.Nature.REVENUE
        return (self.variance > 0) == earns

    @property
    def past_tolerance(self) -> bool:
        if not self.to_date.actual:
            return False
        share = self.per_cent
        return share is None or abs(share) > self.tolerance

    @property
    def comment_due(self) -> bool:
        return self.past_tolerance and self.remark is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows of one department, category or site, summed."""

    key: str
    name: str
    rows: tuple[Row, ...]
    original: Decimal
    year: Standing
    to_date: Standing

    @property
    def variance(self) -> Decimal:
        return self.to_date.actual - self.to_date.appropriated

    @property
    def per_cent(self) -> Decimal | None:
        budget = self.to_date.appropriated
        return self.variance * HUNDRED / budget if budget else None


def family_of(plan: Plan) -> Plan:
    return plan if plan.root_id is None else Plan.objects.get(pk=plan.root_id)


def ledger_lines(plans: Iterable[Plan], user: Any) -> list[Line]:
    """The lines that carry the ledger of these budgets, as far as the reader may see them."""
    families = {one.family_id for one in plans}
    found = Line.objects.visible_to(user).filter(
        Q(plan__in=families) | Q(plan__root__in=families), root__isnull=True, archived_at__isnull=True
    )
    kept = found.exclude(plan__version_kind=Plan.Version.FORECAST).select_related(
        "plan", "department", "category", "site", "owner", "plan__owner"
    )
    return list(kept.order_by("department__code", "category__code", "pk"))


def current_period(plan: Plan, today: date) -> int:
    """The period that holds today; the last one after the year, the first before it."""
    starts = plan.starts_on or date(plan.fiscal_year, 1, 1)
    found = period_of(plan.period_ends, starts, today)
    return found or (1 if today < starts else len(plan.period_ends))


def report(plan: Plan, user: Any, *, through: int, kept: Callable[[Line], bool] | None = None) -> list[Row]:
    """All lines of a budget through a period."""
    lines = [one for one in ledger_lines([plan], user) if kept is None or kept(one)]
    keys = [one.pk for one in lines]
    year, to_date = standings(keys), standings(keys, through=through)
    remarks = _remarks(keys, through)
    quantities = _quantities([one.pk for one in lines if one.quantity is not None], through)
    tolerance = family_of(plan).tolerance
    return [
        Row(
            line=one,
            original=None if one.unplanned or one.plan_id != plan.family_id else one.total,
            year=year.get(one.pk, Standing()),
            to_date=to_date.get(one.pk, Standing()),
            tolerance=tolerance,
            split=_split(one, to_date.get(one.pk, Standing()), quantities.get(one.pk), remarks.get(one.pk)),
            remark=remarks.get(one.pk),
        )
        for one in lines
    ]


def _remarks(keys: list[int], through: int) -> dict[int, Remark]:
    rows = Remark.objects.filter(line_id__in=keys, period=through).select_related("author").order_by("pk")
    return {one.line_id: one for one in rows}


def _quantities(keys: list[int], through: int) -> dict[int, Decimal]:
    rows = Entry.objects.filter(line_id__in=keys, account=Account.ACTUAL, period__lte=through, quantity__isnull=False)
    return dict(rows.values_list("line_id").annotate(total=Sum("quantity")))


def _split(line: Line, to_date: Standing, quantity: Decimal | None, remark: Remark | None) -> Split | None:
    """Only where the plan has a driver and actuals carry quantities; the plan through the period in its share."""
    if line.quantity is None or line.rate is None or quantity is None or not line.total:
        return None
    share = to_date.appropriated / line.total
    return split_variance(
        planned_quantity=line.quantity * share,
        rate=line.rate,
        actual_quantity=quantity,
        actual=to_date.actual,
        planned_output=None if line.output is None else line.output * share,
        actual_output=None if remark is None else remark.output,
    )


GROUPS: dict[str, Callable[[Line], tuple[str, str]]] = {
    "department": lambda one: (one.department.code, one.department.name),
    "category": lambda one: (one.category.code, one.category.name) if one.category else ("", "Everything else"),
    "site": lambda one: (one.site.code, one.site.name) if one.site else ("", "No site"),
    "project": lambda one: (one.project, one.project or "No project"),
    "nature": lambda one: (
        (one.category.nature, one.category.get_nature_display()) if one.category else ("expense", "Expense")
    ),
}


def of_nature(nature: str) -> Callable[[Line], bool] | None:
    """Keeps lines of one nature; everything where none is named."""
    return (lambda line: GROUPS["nature"](line)[0] == nature) if nature else None


def grouped(rows: Iterable[Row], by: str) -> list[Group]:
    """Summed by department, category, site, project or nature; every sum is the sum of the rows behind it."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault(GROUPS[by](row.line), []).append(row)
    return [summed(key, name, members) for (key, name), members in sorted(found.items())]


def summed(key: str, name: str, rows: list[Row]) -> Group:
    return Group(
        key=key,
        name=name,
        rows=tuple(rows),
        original=sum((one.original or ZERO for one in rows), ZERO),
        year=sum((one.year for one in rows), Standing()),
        to_date=sum((one.to_date for one in rows), Standing()),
    )
