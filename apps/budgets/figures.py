"""The figures budgets offer as KPIs: what a month used and bound of its budget, how wrong forecasts were, what was saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Sum

from apps.budgets.models import Account, Entry, Outlook, Saving
from apps.budgets.queries import ZERO
from apps.core.metrics import Measure, Metric, offer

Collect = Callable[[datetime, datetime, str, str], Iterable[Measure]]


def _days(start: datetime, end: datetime, zone: str) -> tuple[date, date, ZoneInfo]:
    place = ZoneInfo(zone)
    return start.astimezone(place).date(), end.astimezone(place).date(), place


def _month(day: date, place: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, 1, tzinfo=place)


def _of_budget(*accounts: Account) -> Collect:
    """What a month booked on these accounts, by department; the denominator is the month's budget."""

    def collect(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
        first, last, place = _days(start, end, zone)
        sums: dict[tuple[int, date], list[Decimal]] = {}
        rows = Entry.objects.filter(on__gte=first, on__lt=last, account__in=[*accounts, Account.APPROPRIATED])
        for department, on, account, amount in rows.values_list("department_id", "on", "account").annotate(
            sum=Sum("amount")
        ):
            found = sums.setdefault((department, on.replace(day=1)), [ZERO, ZERO])
            found[0 if account in accounts else 1] += amount
        for (department, day), (booked, budget) in sorted(sums.items()):
            if budget < 0:  # money given stands on the credit side
                yield Measure(department, _month(day, place), booked, -budget)

    return collect


def _forecast_error(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
    """|forecast − actual| of the period after each kept forecast, over |actual|: the weighted absolute percentage error."""
    first, last, place = _days(start, end, zone)
    kept = [
        (one, one.line.plan.period_ends[one.after])
        for one in Outlook.objects.select_related("line__plan").order_by("pk")
        if one.after < len(one.line.plan.period_ends) and first <= one.line.plan.period_ends[one.after] < last
    ]
    lines = {one.line_id for one, _ in kept}
    rows = Entry.objects.filter(line__in=lines, account=Account.ACTUAL).values_list("line_id", "period")
    actual = {(line, period): amount for line, period, amount in rows.annotate(sum=Sum("amount"))}
    sums: dict[tuple[int, datetime], tuple[Decimal, Decimal]] = {}
    for one, ends_on in kept:
        real = actual.get((one.line_id, one.after + 1))
        if real is not None:
            key = (one.department_id, _month(ends_on, place))
            wrong, whole = sums.get(key, (ZERO, ZERO))
            sums[key] = (wrong + abs(one.next_value - real), whole + abs(real))
    for (department, at), (wrong, whole) in sorted(sums.items()):
        if whole:
            yield Measure(department, at, wrong, whole)


def _saved(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
    """Expected savings that finance validated, in the month in which they begin."""
    first, last, place = _days(start, end, zone)
    rows = Saving.objects.filter(state=Saving.State.VALIDATED, starts_on__gte=first, starts_on__lt=last)
    sums: dict[tuple[int, datetime], Decimal] = {}
    for department, day, amount in rows.values_list("department_id", "starts_on", "expected"):
        key = (department, _month(day, place))
        sums[key] = sums.get(key, ZERO) + amount
    for (department, at), amount in sorted(sums.items()):
        yield Measure(department, at, amount)


offer(
    Metric(
        name="budgets.adherence",
        label="Budget used in the month",
        help="Actual of the month as a share of the month's budget; 100 % is as planned.",
        unit="%",
        rule="ratio",
        direction="range",
        grain="month",
        collect=_of_budget(Account.ACTUAL),
        factor=100,
        records="budget-entries",
    )
)
offer(
    Metric(
        name="budgets.committed",
        label="Budget bound in the month",
        help="Money newly set aside and bound, less what came free, as a share of the month's budget.",
        unit="%",
        rule="ratio",
        direction="lower",
        grain="month",
        collect=_of_budget(Account.RESERVED, Account.ENCUMBERED),
        factor=100,
        records="budget-entries",
    )
)
offer(
    Metric(
        name="budgets.forecast_error",
        label="Error of budget forecasts",
        help="Forecasts kept at a closed period against the actual of the next one (WAPE), all methods together.",
        unit="%",
        rule="ratio",
        direction="lower",
        grain="month",
        collect=_forecast_error,
        factor=100,
        records="budget-lines",
    )
)
offer(
    Metric(
        name="budgets.savings",
        label="Validated savings",
        help="Expected savings that finance validated, in the month in which they begin.",
        unit="EUR",
        rule="sum",
        direction="higher",
        grain="month",
        collect=_saved,
        records="savings",
    )
)
