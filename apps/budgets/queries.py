"""Questions about budgets that other apps and the screens ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from apps.budgets.models import Account, Balance, Category, Line, Plan, Rate
from apps.budgets.models.plan import period_of
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.values import Money
from apps.org import queries as org
from apps.org.models import Department

ZERO = Decimal(0)
IN_FORCE = (Plan.State.APPROVED, Plan.State.REPLACED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the money of a line stands; appropriated = reserved + encumbered + actual + available."""

    appropriated: Decimal = ZERO
    reserved: Decimal = ZERO
    encumbered: Decimal = ZERO
    actual: Decimal = ZERO
    available: Decimal = ZERO

    @property
    def used(self) -> Decimal:
        return self.reserved + self.encumbered + self.actual

    @property
    def share_used(self) -> Decimal | None:
        """As a share of the budget; no value where there is none."""
        return self.used / self.appropriated if self.appropriated > 0 else None

    def __add__(self, other: Standing) -> Standing:
        return Standing(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


NAMES = {
    Account.APPROPRIATED: "appropriated",
    Account.RESERVED: "reserved",
    Account.ENCUMBERED: "encumbered",
    Account.ACTUAL: "actual",
    Account.AVAILABLE: "available",
}


def standing_of(sums: dict[str, Decimal]) -> Standing:
    """From sums by account as they are in the ledger, where the budget is negative."""
    found = {NAMES[Account(account)]: amount for account, amount in sums.items()}
    found["appropriated"] = -found.get("appropriated", ZERO) + ZERO
    return Standing(**found)


def standings(lines: Iterable[int], *, through: int | None = None, first: int = 1) -> dict[int, Standing]:
    """Ledger key of a line → its standing, over the whole year or periods first … through."""
    rows = Balance.objects.filter(line_id__in=list(lines), period__gte=first)
    if through is not None:
        rows = rows.filter(period__lte=through)
    sums: dict[int, dict[str, Decimal]] = {}
    for line_id, account, amount in rows.values_list("line_id", "account").annotate(total=Sum("amount")):
        sums.setdefault(line_id, {})[account] = amount
    return {key: standing_of(found) for key, found in sums.items()}


def spending_of(plans: Sequence[Plan], user: Any) -> dict[int, Standing]:
    """Family of a budget → the standing of its lines of expense that the reader may see."""
    families = {one.family_id for one in plans}
    lines = Line.objects.visible_to(user).filter(
        Q(plan__in=families) | Q(plan__root__in=families), archived_at__isnull=True
    )
    spending = lines.filter(Q(category__isnull=True) | Q(category__nature=Category.Nature.EXPENSE))
    rows = Balance.objects.filter(line__in=spending).values_list(Coalesce("line__plan__root", "line__plan"), "account")
    sums: dict[int, dict[str, Decimal]] = {}
    for family, account, amount in rows.annotate(total=Sum("amount")):
        sums.setdefault(family, {})[account] = amount
    return {family: standing_of(found) for family, found in sums.items()}


def standing(line: Line, *, through: int | None = None, first: int = 1) -> Standing:
    return standings([line.ledger_id], through=through, first=first).get(line.ledger_id, Standing())


def standings_at(line: Line, period: int) -> tuple[Standing, Standing, Standing]:
    """Where the money of a line stands in a period alone, through it, and in the year, read in one go."""
    rows = list(Balance.objects.filter(line_id=line.ledger_id).values_list("period", "account", "amount"))
    found = []
    for first, last in ((period, period), (0, period), (0, len(line.plan.period_ends))):
        sums: dict[str, Decimal] = {}
        for at, account, amount in rows:
            if first <= at <= last:
                sums[account] = sums.get(account, ZERO) + amount
        found.append(standing_of(sums))
    return found[0], found[1], found[2]


def period_on(plan: Plan, on: date, *, field: str = "on") -> int:
    """The number of the period that holds this day, or a refusal."""
    found = period_of(plan.period_ends, plan.starts_on or date(plan.fiscal_year, 1, 1), on)
    if found is None:
        raise Refused(
            f"{on:%Y-%m-%d} is outside the fiscal year {plan.fiscal_year} of “{plan.name}”.",
            code="outside_year",
            field=field,
        )
    return found


def open_day(line: Line, on: date) -> date | None:
    """The day nearest to this one on which the budget of the line still takes entries; None once its year is closed."""
    with scope.system("a line answers whoever has to be paid"):
        family = line.plan if line.plan.root is None else line.plan.root
    day = max(on, family.starts_on or on)
    if family.closed_through is not None:
        day = max(day, family.closed_through + timedelta(days=1))
    last = family.period_ends[-1]
    return min(day, last) if family.closed_through is None or family.closed_through < last else None


def line_for(
    *, department: Department, category: str = "", site: Any = None, project: str = "", on: date
) -> Line | None:
    """The line that pays: nearest department upwards, then the closest match of category, project and site.

    It is a line of the original or first revision that carries the ledger. None: nothing is budgeted for this.
    """
    with scope.system("the paying line may stand above the asker's reach"):
        chain = [one.pk for one in org.chain(department)]
        rows = Line.objects.filter(
            Q(category__isnull=True) | Q(category__code=category) if category else Q(category__isnull=True),
            Q(site__isnull=True) | Q(site=site) if site is not None else Q(site__isnull=True),
            Q(project="") | Q(project=project),
            root__isnull=True,
            department__in=chain,
            archived_at__isnull=True,
            plan__state__in=IN_FORCE,
            plan__archived_at__isnull=True,
        ).exclude(plan__version_kind=Plan.Version.FORECAST)
        fitting = [
            one
            for one in rows.select_related("plan", "category", "department", "site")
            if (one.category is None or one.category.nature == Category.Nature.EXPENSE)
            and period_of(one.plan.period_ends, one.plan.starts_on or on, on) is not None
        ]
        return min(
            fitting,
            key=lambda one: (
                chain.index(one.department_id),
                one.category_id is None,
                not one.project,
                one.site_id is None,
                -one.plan_id,
            ),
            default=None,
        )


def converted(amount: Decimal, currency: str, into: str, on: date) -> Decimal:
    """At the newest rate that holds on the day, rounded half up to whole minor units; no rate, no amount."""
    if currency == into:
        return amount
    known = Rate.objects.filter(archived_at__isnull=True, valid_from__lte=on).order_by("-valid_from")
    straight = known.filter(currency=currency, into=into).values_list("rate", flat=True).first()
    if straight is None:
        back = known.filter(currency=into, into=currency).values_list("rate", flat=True).first()
        straight = None if back is None else round(1 / back, 12)
    if straight is None:
        raise Refused(
            f"There is no rate from {currency} to {into} on {on:%Y-%m-%d}. Add it to the exchange rates.",
            code="no_rate",
            field="currency",
        )
    return Money(amount, currency).convert(into, rate=straight).amount
