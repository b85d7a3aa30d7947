"""The budget report: one page on which every number of a budget can be seen, compared and followed to its entries."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.budgets import panels, reportpage, variance
from apps.budgets.models import Plan
from apps.budgets.queries import ZERO
from apps.budgets.variance import GROUPS, Row
from apps.core.access.rights import rights_of
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.navigation import NavPage, add_page

add_page(
    NavPage(
        "budget_report",
        "Budgets",
        "scale",
        "Money & results",
        20,
        lambda user: rights_of(user).can_somewhere("budget_plan", "r"),
        key="b",
    )
)


class ReportForm(forms.Form):
    """What the report shows."""

    plan = forms.ChoiceField(label="Budget", required=False)
    through = forms.ChoiceField(label="Through period", required=False)
    by = forms.ChoiceField(label="Summed by", required=False, choices=[(one, one.capitalize()) for one in GROUPS])

    def __init__(self, *args: Any, plans: list[Plan], plan: Plan, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].choices = [(str(one.pk), f"{one.name} ({one.code})") for one in plans]  # type: ignore[attr-defined]
        self.fields["through"].choices = [  # type: ignore[attr-defined]
            (str(number), f"{number} · to {end:%Y-%m-%d}") for number, end in enumerate(plan.period_ends, 1)
        ]
        self.initial = {"plan": str(plan.pk), "through": str(variance.current_period(plan, today)), "by": "department"}


def budgets_in_force(user: Any) -> list[Plan]:
    """Original versions that carry a ledger, the newest year first."""
    rows = Plan.objects.visible_to(user).filter(~Q(state=Plan.State.DRAFT), root__isnull=True, archived_at__isnull=True)
    return list(rows.select_related("department", "owner").order_by("-fiscal_year", "pk")[:200])


def choose_plan(plans: list[Plan], wanted: str, today: date) -> Plan:
    """The one asked for, else the newest whose year has begun."""
    asked = next((one for one in plans if str(one.pk) == wanted), None)
    begun = (one for one in plans if one.period_ends and (one.starts_on or today) <= today)
    return asked or next(begun, plans[0])


@page("budget_plan", "r")
def budget_report(request: HttpRequest) -> HttpResponse:
    plans = budgets_in_force(request.user)
    if not plans:
        return render(request, "budgets/report.html", {"page": _empty(request)})
    today = timezone.now().astimezone(cells.zone_of(request.user)).date()
    plan = choose_plan(plans, request.GET.get("plan", ""), today)
    form = ReportForm(plans=plans, plan=plan, today=today)
    chosen = {name: request.GET.get(name, "") for name in ("through", "by")}
    periods = len(plan.period_ends)
    asked = chosen["through"]
    through = int(asked) if asked.isascii() and asked.isdigit() and 1 <= int(asked[:4]) <= periods else 0
    through = through or variance.current_period(plan, today)
    by = chosen["by"] if chosen["by"] in GROUPS else "department"
    form.initial = {**form.initial, "through": str(through), "by": by}
    rows = variance.report(plan, request.user, through=through)
    groups = variance.grouped(rows, by)
    sections = (
        reportpage.groups_section(groups, plan, by),
        reportpage.bars_section(groups, plan, by),
        reportpage.comments_section(rows, plan),
        reportpage.overrides_section(rows, plan),
        reportpage.lines_section(rows, plan, through),
        reportpage.forecast_section(rows, plan, _whole(plan, through, today)),
        reportpage.versions_section(plan, request.user, by),
        reportpage.quality_section(rows, plan),
        reportpage.matched_section(plan, request.user, by),
    )
    shown = pm.ChartPage(
        title=f"Budget {plan.fiscal_year}",
        verdict=verdict(rows, plan),
        crumbs=(pm.Crumb("Money & results"), pm.Crumb("Budgets")),
        facts=f"{plan.name} · {len(rows)} lines · {plan.currency}",
        buttons=(pm.Button("Budget plans", reverse("list", args=["budget-plans"]), "wallet"),),
        sections=tuple(one for one in sections if one is not None),
    )
    return render(request, "budgets/report.html", {"page": shown, "form": form})


def _whole(plan: Plan, through: int, today: date) -> int:
    """Periods that are over, as far as the report goes."""
    over = sum(1 for end in plan.period_ends if end < today)
    return min(over, through)


def verdict(rows: list[Row], plan: Plan) -> pm.Alert:
    """The one sentence a manager reads."""
    over = [one for one in rows if one.year.appropriated > ZERO and one.year.available < 0]
    due = [one for one in rows if one.comment_due]
    if over:
        worst = min(over, key=lambda one: one.year.available)
        left = panels.money(-worst.year.available, plan.currency)
        return pm.Alert(
            f"{len(over)} of {len(rows)} lines are overspent.", f"The worst is “{worst.line}”, by {left}.", "bad"
        )
    if due:
        return pm.Alert("No line is overspent.", f"{len(due)} variances past tolerance wait for a comment.", "warn")
    return pm.Alert("No line is overspent.", "Every variance past tolerance is explained.", "good")


def _empty(request: HttpRequest) -> pm.ChartPage:
    new = pm.Button("New budget", reverse("create", args=["budget-plans"]), "plus", "pri")
    return pm.ChartPage(
        title="Budgets",
        verdict=pm.Alert("No budget is in force yet.", "Draft one, add its lines, and have it approved.", "info"),
        crumbs=(pm.Crumb("Money & results"), pm.Crumb("Budgets")),
        primary=new if rights_of(request.user).can_somewhere("budget_plan", "c") else None,
    )
