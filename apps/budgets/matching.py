"""Like compared with like: what was both planned and spent, and one version beside another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from apps.budgets.models import Account, Balance, Line, Plan
from apps.budgets.queries import IN_FORCE, ZERO
from apps.budgets.variance import GROUPS, HUNDRED, ledger_lines

BY = (*GROUPS, "year", "period")
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """Budget and actual of one group, over the periods of a line that have both."""

    key: str
    name: str
    budget: Decimal
    actual: Decimal
    count: int

    @property
    def variance(self) -> Decimal:
        return self.actual - self.budget

    @property
    def per_cent(self) -> Decimal | None:
        return self.variance * HUNDRED / self.budget if self.budget else None


def in_force(user: Any, *, currency: str = "") -> list[Plan]:
    """Original versions that carry a ledger, the newest year first."""
    rows = Plan.objects.visible_to(user).filter(~Q(state=Plan.State.DRAFT), root__isnull=True, archived_at__isnull=True)
    if currency:
        rows = rows.filter(currency=currency)
    return list(rows.select_related("department", "owner").order_by("-fiscal_year", "pk")[:200])


def matched(plans: Iterable[Plan], user: Any, *, by: str, nature: str = "expense") -> list[Like]:
    """The group most over its budget first. A planned zero is a plan; a period nobody planned is left out."""
    lines = {one.pk: one for one in ledger_lines(plans, user) if nature in ("", GROUPS["nature"](one)[0])}
    planned = _planned(lines)
    budgets: dict[tuple[int, int], Decimal] = {}
    actuals: dict[tuple[int, int], Decimal] = {}
    wanted = Balance.objects.filter(line_id__in=lines, account__in=[Account.APPROPRIATED, Account.ACTUAL])
    for line_id, period, account, amount in wanted.values_list("line_id", "period", "account", "amount"):
        (actuals if account == Account.ACTUAL else budgets)[(line_id, period)] = amount
    sums: dict[Key, list[Any]] = {}
    for cell in actuals.keys() & (budgets.keys() | planned):
        total = sums.setdefault(_group(by, lines[cell[0]], cell[1]), [ZERO, ZERO, 0])
        total[0] -= budgets.get(cell, ZERO)
        total[1] += actuals[cell]
        total[2] += 1
    found = [
        Like(key=key, name=name, budget=budget, actual=actual, count=count)
        for (key, name), (budget, actual, count) in sums.items()
    ]
    return sorted(
        found, key=(lambda one: one.key) if by in ("year", "period") else (lambda one: (-one.variance, one.key))
    )


def total_of(rows: list[Like]) -> Like:
    return Like(
        key="all",
        name="All",
        budget=sum((one.budget for one in rows), ZERO),
        actual=sum((one.actual for one in rows), ZERO),
        count=sum(one.count for one in rows),
    )


def _planned(lines: dict[int, Line]) -> set[tuple[int, int]]:
    """Ledger key and period of everything a version in force planned, zeros too."""
    rows = Line.plain.filter(
        Q(pk__in=lines) | Q(root__in=lines), plan__state__in=IN_FORCE, archived_at__isnull=True
    ).exclude(plan__version_kind=Plan.Version.FORECAST)
    return {
        (root or key, period)
        for key, root, amounts in rows.values_list("pk", "root_id", "amounts")
        for period, amount in enumerate(amounts, 1)
        if amount is not None
    }


def _group(by: str, line: Line, period: int) -> Key:
    if by in GROUPS:
        return GROUPS[by](line)
    end = line.plan.period_ends[period - 1]
    key = f"{end:%Y}" if by == "year" else f"{end:%Y-%m-%d}"
    return key, key if by == "year" else f"To {key}"


def version_sums(versions: list[Plan], user: Any, *, by: str, nature: str = "") -> dict[Key, dict[int, Decimal]]:
    """Group → version → amount of the year as that version planned it."""
    found: dict[Key, dict[int, Decimal]] = {}
    lines = Line.objects.visible_to(user).filter(plan__in=versions, archived_at__isnull=True, unplanned=False)
    for one in lines.select_related("department", "category", "site"):
        if nature in ("", GROUPS["nature"](one)[0]):
            sums = found.setdefault(GROUPS[by](one), {})
            sums[one.plan_id] = sums.get(one.plan_id, ZERO) + one.total
    return found


def newest_forecast(plan: Plan, user: Any) -> Plan | None:
    """The forecast in force, else the one in preparation."""
    rows = Plan.objects.visible_to(user).filter(
        root=plan.family_id, version_kind=Plan.Version.FORECAST, archived_at__isnull=True
    )
    return max(rows, key=lambda one: (one.state == Plan.State.APPROVED, one.pk), default=None)


def forecasts(plan: Plan, user: Any, *, by: str, nature: str = "") -> dict[str, Decimal]:
    """Group → what the newest forecast says of the year; nothing for a group without a forecast."""
    version = newest_forecast(plan, user)
    if version is None:
        return {}
    return {key: sums[version.pk] for (key, _), sums in version_sums([version], user, by=by, nature=nature).items()}
