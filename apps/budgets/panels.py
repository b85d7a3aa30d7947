"""Parts of the record pages of budgets: states, a plan's lines, a line's periods with the way to their entries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from apps.budgets import queries, savings, variance
from apps.budgets.models import Account, Balance, Commitment, Line, Plan, Saving, Transfer
from apps.budgets.queries import ZERO
from apps.core.charts import ChartSpec, Series, data_table, responsive
from apps.core.values import Money, format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm

PLAN_TONES = {"draft": "idle", "approved": "good", "replaced": "idle"}
TRANSFER_TONES = {"asked": "info", "booked": "good", "rejected": "bad", "failed": "warn"}
SAVING_TONES = {"claimed": "info", "valid": "good", "rejected": "bad"}


def money(amount: Decimal | None, currency: str) -> str:
    return cells.DASH if amount is None else Money(amount, currency).format()


def percent(share: Decimal | None) -> str:
    return cells.DASH if share is None else f"{format_number(share * 100, 1)} %"


def used_tone(share: Decimal | None, plan: Plan) -> pm.Tone:
    if share is None:
        return "idle"
    if share * 100 > plan.over_at:
        return "bad"
    return "warn" if share * 100 > plan.warn_at else "good"


def spending_cell(plan: Plan) -> pm.Cell:
    """Appropriated for expenses, on a list that was dressed with it."""
    found = getattr(plan, "spending", None)
    return pm.Cell(money(found.appropriated if found else None, plan.currency), "money")


def spending_used(plan: Plan) -> tuple[str, str] | None:
    found = getattr(plan, "spending", None)
    share = found.share_used if found else None
    return None if share is None else (used_tone(share, plan), percent(share))


def plan_state(one: Plan) -> tuple[str, str]:
    return PLAN_TONES[one.state], one.get_state_display()


def transfer_state(one: Transfer) -> tuple[str, str]:
    return TRANSFER_TONES[one.state], one.get_state_display()


def saving_state(one: Saving) -> tuple[str, str]:
    return SAVING_TONES[one.state], one.get_state_display()


def entries_url(line: Line, account: str, *, period: int | None = None) -> str:
    """The entries behind a number: their sum is the number."""
    asked = {"line": line.ledger_id, "account": account} | ({} if period is None else {"period": period})
    return f"{reverse('list', args=['budget-entries'])}?{urlencode(asked)}"


def lines_panel(plan: Plan, user: Any) -> pm.Section | None:
    """What the version holds; its sum is the budget."""
    rows = Line.objects.visible_to(user).filter(plan=plan, archived_at__isnull=True)
    found = list(rows.select_related("department", "category", "site").order_by("department__code", "pk")[:200])
    total = rows.aggregate(total=Sum("total"))["total"] or ZERO
    table = pm.Table(
        (
            pm.Column("line", "Line", wide=True),
            pm.Column("spread", "Spread"),
            pm.Column("driver", "Driver"),
            pm.Column("total", "Year", align="end"),
        ),
        tuple(_line_row(one, plan) for one in found),
        "Lines",
        "No line yet. Add what the money is for.",
    )
    button = None
    if plan.state == Plan.State.DRAFT:
        button = pm.Button("Add line", reverse("create", args=["budget-lines"]) + f"?plan={plan.pk}", "plus")
    note = f"{len(found)} lines · {money(total, plan.currency)}"
    return pm.Section("Lines", note=note, table=table, button=button)


def _line_row(one: Line, plan: Plan) -> pm.Row:
    url = reverse("record", args=["budget-lines", one.pk])
    driver = cells.DASH
    if one.quantity is not None and one.rate is not None:
        driver = f"{format_number(one.quantity.normalize())} {one.unit} × {format_number(one.rate.normalize())}"
    row = (
        pm.Cell(str(one), "link", url=url),
        pm.Cell("Not planned" if one.unplanned else one.get_spread_display()),
        pm.Cell(driver),
        pm.Cell(cells.DASH if one.unplanned else money(one.total, plan.currency), "number"),
    )
    return pm.Row(str(one.pk), url, row)


def versions_panel(plan: Plan, user: Any) -> pm.Section | None:
    """All versions of the same budget."""
    found = Plan.objects.visible_to(user).filter(pk=plan.family_id) | Plan.objects.visible_to(user).filter(
        root=plan.family_id
    )
    versions = list(found.annotate(sum=Sum("lines__total")).order_by("pk"))
    rows = tuple(
        pm.Row(
            str(one.pk),
            reverse("record", args=["budget-plans", one.pk]),
            (
                pm.Cell(one.name, "link", url=reverse("record", args=["budget-plans", one.pk])),
                pm.Cell(one.get_version_kind_display()),
                pm.Cell(one.get_state_display(), "status", tone=PLAN_TONES[one.state]),  # type: ignore[arg-type]
                pm.Cell(money(one.sum or ZERO, one.currency), "number"),
            ),
        )
        for one in versions
    )
    columns = (
        pm.Column("name", "Version", wide=True),
        pm.Column("kind", "Kind"),
        pm.Column("state", "State"),
        pm.Column("sum", "Year", align="end"),
    )
    report = pm.Button("Budget report", reverse("budget_report") + f"?plan={plan.family_id}", "scale")
    return pm.Section("Versions", table=pm.Table(columns, rows, "Versions"), button=report)


def periods_panel(line: Line, user: Any) -> pm.Section | None:
    """Each period of the year in the ledger; every number leads to its entries."""
    plan, sums = line.plan, _by_period(line)
    rows = []
    for number, end in enumerate(plan.period_ends, 1):
        one = queries.standing_of(sums.get(number, {}))
        shown = (
            (Account.APPROPRIATED, one.appropriated),
            (Account.RESERVED, one.reserved),
            (Account.ENCUMBERED, one.encumbered),
            (Account.ACTUAL, one.actual),
            (Account.AVAILABLE, one.available),
        )
        rows.append(
            pm.Row(
                str(number),
                "",
                (
                    pm.Cell(f"{number} · {cells.when(end, cells.zone_of(user))[0]}"),
                    *(
                        pm.Cell(money(amount, plan.currency), "link", url=entries_url(line, account, period=number))
                        if amount
                        else pm.Cell(cells.DASH, "number")
                        for account, amount in shown
                    ),
                ),
            )
        )
    columns = (
        pm.Column("period", "Period to"),
        *(pm.Column(f"a{at}", label, align="end") for at, label in enumerate(Account.labels)),
    )
    return pm.Section("Periods", table=pm.Table(columns, tuple(rows), "Periods"))


def _by_period(line: Line) -> dict[int, dict[str, Decimal]]:
    found: dict[int, dict[str, Decimal]] = {}
    for period, account, amount in Balance.objects.filter(line_id=line.ledger_id).values_list(
        "period", "account", "amount"
    ):
        found.setdefault(period, {})[account] = amount
    return found


def curve_panel(line: Line, user: Any) -> pm.Section | None:
    """Budget and actual since the beginning of the year, one above the other."""
    sums, plan = _by_period(line), line.plan
    if not sums:
        return None
    through = variance.current_period(plan, timezone.localdate())
    budget, actual = ZERO, ZERO
    budgets: list[Decimal | None] = []
    actuals: list[Decimal | None] = []
    for number in range(1, len(plan.period_ends) + 1):
        one = queries.standing_of(sums.get(number, {}))
        budget, actual = budget + one.appropriated, actual + one.actual
        budgets.append(budget)
        actuals.append(actual if number <= through else None)
    spec = ChartSpec(
        kind="line",
        title="Budget and actual, added up",
        description=f"Actual {money(actual, plan.currency)} of {money(budget, plan.currency)} for the year.",
        unit=plan.currency,
        labels=tuple(f"{end:%d %b}" for end in plan.period_ends),
        series=(
            Series(name="Budget", values=tuple(budgets), dashed=True),
            Series(name="Actual", values=tuple(actuals)),
        ),
        number=lambda value: format_number(Decimal(str(value)), 0, compact=True),
        label_heading="Period to",
    )
    return pm.Section(spec.title, svg=responsive(spec), data_table=data_table(spec))


def commitments_panel(line: Line, user: Any) -> pm.Section | None:
    """Documents that still hold money of this line."""
    found = Commitment.objects.filter(line_id=line.ledger_id).exclude(reserved=0, encumbered=0).order_by("-pk")[:50]
    rows = tuple(
        pm.Row(
            str(one.pk),
            "",
            (
                pm.Cell(str(one)),
                pm.Cell(money(one.reserved, line.plan.currency), "number"),
                pm.Cell(money(one.encumbered, line.plan.currency), "number"),
                pm.Cell(money(one.spent, line.plan.currency), "number"),
            ),
        )
        for one in found
    )
    columns = (
        pm.Column("document", "Document", wide=True),
        pm.Column("reserved", "Pre-encumbered", align="end"),
        pm.Column("encumbered", "Encumbered", align="end"),
        pm.Column("spent", "Spent on it", align="end"),
    )
    return pm.Section("Open commitments", table=pm.Table(columns, rows, "Open commitments", "No document holds money."))


def realised_panel(saving: Saving, user: Any) -> pm.Section | None:
    """What came of it so far, with the arithmetic."""
    found, currency = savings.realised(saving, today=timezone.localdate()), saving.line.plan.currency
    text = (
        f"Baseline {money(found.baseline, currency)} for {found.days} of {found.all_days} days"
        f" − actual {money(found.actual, currency)} = {money(found.saved, currency)}."
    )
    return pm.Section("Realised, from actuals", text=text if found.days else "Its days have not begun.")
