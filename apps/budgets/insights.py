"""What budgets show elsewhere: KPIs, a card, a report section, and what waits for somebody."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.budgets import figures, matching, panels, queries, reportpage, variance
from apps.budgets.comparepage import NO_FORECAST
from apps.budgets.models import Plan, Saving
from apps.budgets.variance import Row
from apps.core.invariants import invariant
from apps.core.values import Period, format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Card, Contribution, View, contribute, offer_card
from apps.reports import parts as reports
from apps.reports.parts import Part, Table

__all__ = ["figures"]
RAIL_ROWS = 6


def newest_plan(user: Any, today: date) -> Plan | None:
    """The budget whose year holds today, the highest department first."""
    rows = Plan.objects.visible_to(user).filter(
        root__isnull=True, archived_at__isnull=True, state__in=queries.IN_FORCE, starts_on__lte=today
    )
    fitting = [one for one in rows.order_by("-fiscal_year", "pk")[:20] if one.period_ends[-1] >= today]
    return fitting[0] if fitting else None


def _rows(user: Any, today: date) -> tuple[Plan, list[Row]] | None:
    """Read once per page."""
    known: dict[date, tuple[Plan, list[Row]] | None] = user.__dict__.setdefault("_budget_rows", {})
    if today not in known:
        plan = newest_plan(user, today)
        whole = sum(1 for end in plan.period_ends if end < today) if plan else 0
        known[today] = (plan, variance.report(plan, user, through=max(1, whole))) if plan else None
    return known[today]


def needs(view: View) -> list[pm.NeedsRow]:
    """Overspent lines and comments due of one's own, savings to judge; the cost of waiting is the money at stake."""
    today = timezone.localdate()
    found = _rows(view.user, today)
    if found is None:
        return []
    plan, rows = found
    mine = [one for one in rows if (one.line.owner_id or one.line.plan.owner_id) == view.user.pk]
    shown = [_overspent(one, plan) for one in mine if one.year.appropriated > 0 and one.year.available < 0]
    due = [one for one in mine if one.comment_due and one.year.available >= 0]
    shown += [_comment(one, plan) for one in due[:5]]
    for one in Saving.objects.visible_to(view.user, "a").filter(state="claimed", archived_at__isnull=True)[:5]:
        url = reverse("record", args=["savings", one.pk])
        shown.append(
            pm.NeedsRow(
                title=f"Validate “{one.title}”",
                url=url,
                why=f"{panels.money(one.expected, plan.currency)} claimed",
                icon="piggy-bank",
                tone="info",
                buttons=(pm.Button("Look", url),),
                key=one.subject(),
            )
        )
    return shown


def _overspent(one: Row, plan: Plan) -> pm.NeedsRow:
    url = reverse("record", args=["budget-lines", one.line.pk])
    return pm.NeedsRow(
        title=f"“{one.line}” is overspent",
        url=url,
        why=f"{panels.money(-one.year.available, plan.currency)} over its budget",
        icon="wallet",
        tone="bad",
        buttons=(pm.Button("Look", url),),
        key=f"overspent:{one.line.pk}",
    )


def _comment(one: Row, plan: Plan) -> pm.NeedsRow:
    url = reverse("record", args=["budget-lines", one.line.pk])
    return pm.NeedsRow(
        title=f"Explain the variance of “{one.line}”",
        url=url,
        why=f"{panels.money(one.variance, plan.currency)} off its budget",
        icon="message-square",
        tone="warn",
        buttons=(pm.Button("Look", url),),
        key=f"variance:{one.line.pk}",
    )


def _card(view: View, _param: str) -> pm.Section:
    found = _rows(view.user, timezone.localdate())
    button = pm.Button("Budgets", reverse("budget_report"), "scale")
    if found is None:
        return pm.Section("Budgets", text="No budget is in force for today.", button=button)
    plan, rows = found
    section = reportpage.bars_section(variance.grouped(rows, "department"), plan, "department")
    if section is None:
        return pm.Section("Budgets", text="The budget has no line yet.", button=button)
    return pm.Section("Budgets", note=section.note, svg=section.svg, data_table=section.data_table, button=button)


offer_card(Card("budgets.bars", "Budgets", _card, row="budget_plan", roles=frozenset({"OPM", "EXE", "DPM"})))


def rail(view: View) -> list[pm.Section]:
    """How much of the year's money is spent or bound, the largest categories first."""
    found = _rows(view.user, timezone.localdate())
    if found is None:
        return []
    plan, rows = found
    spending = [one for one in rows if variance.GROUPS["nature"](one.line)[0] == "expense"]
    groups = sorted(variance.grouped(spending, "category"), key=lambda one: -one.year.appropriated)[:RAIL_ROWS]
    if not groups:
        return []
    whole = variance.summed("", "", spending).year.share_used
    status = pm.Cell(panels.percent(whole), "status", tone=panels.used_tone(whole, plan))
    button = pm.Button("Budgets", reverse("budget_report"), "scale")
    bars = format_html_join("", "{}", ((_bar(one, plan),) for one in groups))
    return [pm.Section("Budget used", note=str(plan.fiscal_year), body=bars, status=status, button=button)]


def _bar(one: variance.Group, plan: Plan) -> SafeString:
    share = one.year.share_used
    shown = {
        "label": one.name,
        "value": min(share or 0, 1),
        "maximum": 1,
        "text": cells.DASH if share is None else f"{share * 100:.0f} %",
    }
    return render_to_string("elements/progress.html", {**shown, "tone": panels.used_tone(share, plan)})


contribute(Contribution("budgets", "Budgets", 15, needs=needs, rail=rail))


def report_part(user: Any, period: Period) -> Part:
    """Lines by department as they stand, and those past tolerance with why."""
    found = _rows(user, period.last)
    if found is None:
        return Part()
    plan, rows = found
    heads = ("Department", "Original", "Revised", "Committed", "Actual", "Available", "Used", "Forecast")
    forecasts = matching.forecasts(plan, user, by="department")
    table = tuple(
        (
            one.name,
            panels.money(one.original, plan.currency),
            panels.money(one.year.appropriated, plan.currency),
            panels.money(one.year.reserved + one.year.encumbered, plan.currency),
            panels.money(one.year.actual, plan.currency),
            panels.money(one.year.available, plan.currency),
            panels.percent(one.year.share_used),
            panels.money(forecasts[one.key], plan.currency) if one.key in forecasts else NO_FORECAST,
        )
        for one in variance.grouped(rows, "department")
    )
    past = tuple(
        (
            str(one.line),
            panels.money(one.variance, plan.currency),
            one.remark.text if one.remark else "Not explained yet",
        )
        for one in rows
        if one.past_tolerance
    )[:15]
    tables = [Table(plan.name, heads, table, frozenset(range(1, 8)))] if table else []
    like = _like_table(user, plan)
    tables += [like] if like else []
    if past:
        tables.append(Table("Past tolerance", ("Line", "Variance", "Why"), past, frozenset({1})))
    return Part(tables=tuple(tables))


def _like_table(user: Any, plan: Plan) -> Table | None:
    """Expenses of every budget of this currency, only periods of a line that have both a budget and an actual."""
    found = matching.matched(matching.in_force(user, currency=plan.currency), user, by="department")
    if not found:
        return None
    rows = tuple(
        (
            one.name,
            *(panels.money(amount, plan.currency) for amount in (one.budget, one.actual, one.variance)),
            "—" if one.per_cent is None else f"{format_number(one.per_cent, 2, signed=True)} %",
        )
        for one in (*found, matching.total_of(found))
    )
    heads = ("Department", "Budget", "Actual", "Variance", "Of budget")
    return Table("Like with like", heads, rows, frozenset(range(1, 5)))


reports.contribute(reports.Source("budgets", 40, report_part, title="Budgets"))


invariant(
    "I3.txn",
    "The legs of every budget transaction sum to zero",
    "SELECT txn, line_id, sum(amount) FROM budgets_entry GROUP BY txn, line_id HAVING sum(amount) <> 0",
)
invariant(
    "I3.balance",
    "Every balance of a budget line is the sum of its entries",
    """SELECT line_id, period, account FROM
       (SELECT line_id, period, account, sum(amount) AS amount FROM budgets_entry GROUP BY 1, 2, 3) AS e
       FULL JOIN budgets_balance AS b USING (line_id, period, account)
       WHERE coalesce(e.amount, 0) <> coalesce(b.amount, 0)""",
)
invariant(
    "I3.commitment",
    "What a document holds of a line is what its entries say",
    """SELECT c.id FROM budgets_commitment AS c
       WHERE c.encumbered <> coalesce((SELECT sum(amount) FROM budgets_entry AS e WHERE e.line_id = c.line_id
             AND e.document = c.document AND e.ref = c.ref AND e.account = 'encumber'), 0)
          OR c.reserved <> coalesce((SELECT sum(amount) FROM budgets_entry AS e WHERE e.line_id = c.line_id
             AND e.document = c.document AND e.ref = c.ref AND e.account = 'reserve'), 0)""",
)
