"""The budget report: one page on which every number of a budget can be seen, compared and followed to its entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.budgets import comparepage, matching, panels, quality, reportpage, variance
from apps.budgets.models import Category, Plan
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
    nature = forms.ChoiceField(
        label="Nature", required=False, choices=[("all", "Everything"), *Category.Nature.choices], initial="all"
    )
    like = forms.ChoiceField(
        label="Like with like",
        required=False,
        choices=[(one, f"By {one}") for one in matching.BY],
        help_text="How periods with both a budget and an actual are summed",
    )
    years = forms.ChoiceField(
        label="Years", required=False, choices=[("one", "This budget"), ("all", "All budgets of its currency")]
    )

    def __init__(self, *args: Any, plans: list[Plan], choice: Choice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].choices = [(str(one.pk), f"{one.name} ({one.code})") for one in plans]  # type: ignore[attr-defined]
        self.fields["through"].choices = [  # type: ignore[attr-defined]
            (str(number), f"{number} · to {end:%Y-%m-%d}") for number, end in enumerate(choice.plan.period_ends, 1)
        ]
        self.initial = {name: getattr(choice, name) for name in ("by", "like", "nature", "years")}
        self.initial |= {"plan": str(choice.plan.pk), "through": str(choice.through)}


class QualityForm(ReportForm):
    """Which budget's departments, currency and days count."""

    field_order = ("plan", "through")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("by", "nature", "like", "years"):
            del self.fields[name]


def choose_plan(plans: list[Plan], wanted: str, today: date) -> Plan:
    """The one asked for, else the newest whose year has begun."""
    asked = next((one for one in plans if str(one.pk) == wanted), None)
    begun = (one for one in plans if one.period_ends and (one.starts_on or today) <= today)
    return asked or next(begun, plans[0])


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader asked to see, with defaults for what they left out."""

    plan: Plan
    alike: list[Plan]
    through: int
    by: str
    like: str
    nature: str
    years: str


def chosen(params: QueryDict, plans: list[Plan], today: date) -> Choice:
    plan = choose_plan(plans, params.get("plan", ""), today)
    asked, by, like = (params.get(name, "") for name in ("through", "by", "like"))
    fits = asked.isascii() and asked.isdigit() and 1 <= int(asked[:4]) <= len(plan.period_ends)
    by = by if by in GROUPS else "department"
    every = params.get("years") == "all"
    nature = params.get("nature", "")
    return Choice(
        plan=plan,
        alike=[one for one in plans if one.currency == plan.currency] if every else [plan],
        through=int(asked) if fits else variance.current_period(plan, today),
        by=by,
        like=like if like in matching.BY else by,
        nature=nature if nature in Category.Nature.values else "",
        years="all" if every else "one",
    )


@page("budget_plan", "r")
def budget_report(request: HttpRequest) -> HttpResponse:
    plans = matching.in_force(request.user)
    if not plans:
        return render(request, "budgets/report.html", {"page": _empty(request)})
    today = timezone.now().astimezone(cells.zone_of(request.user)).date()
    choice = chosen(request.GET, plans, today)
    plan = choice.plan
    rows = variance.report(plan, request.user, through=choice.through, kept=variance.of_nature(choice.nature))
    shown = pm.ChartPage(
        title=f"Budget {plan.fiscal_year}",
        verdict=verdict(rows, plan),
        crumbs=(pm.Crumb("Money & results"), pm.Crumb("Budgets")),
        facts=f"{plan.name} · {len(rows)} lines · {plan.currency}",
        buttons=(pm.Button("Budget plans", reverse("list", args=["budget-plans"]), "wallet"),),
        sections=tuple(one for one in _sections(request.user, choice, rows, today) if one is not None),
    )
    form = ReportForm(plans=plans, choice=choice)
    return render(request, "budgets/report.html", {"page": shown, "form": form})


def _sections(user: Any, choice: Choice, rows: list[Row], today: date) -> list[pm.Section | None]:
    plan, by, nature = choice.plan, choice.by, choice.nature
    groups = variance.grouped(rows, by)
    return [
        reportpage.groups_section(groups, plan, by, matching.forecasts(plan, user, by=by, nature=nature)),
        reportpage.bars_section(groups, plan, by),
        reportpage.comments_section(rows, plan),
        reportpage.overrides_section(rows, plan),
        reportpage.lines_section(rows, plan, choice.through),
        reportpage.forecast_section(rows, plan, _whole(plan, choice.through, today)),
        comparepage.versions_section(plan, user, by, nature),
        _quality_section(plan, user, choice.through),
        comparepage.matched_section(choice.alike, user, choice.like, nature or "expense"),
    ]


def _quality_section(plan: Plan, user: Any, through: int) -> pm.Section | None:
    section = reportpage.quality_section(quality.sources(plan, user, through=through), plan)
    link = f"{reverse('budget_quality')}?plan={plan.pk}&through={through}"
    return None if section is None else replace(section, button=pm.Button("Sources and records", link, "list-tree"))


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
            f"{len(over)} of {len(rows)} lines {'is' if len(over) == 1 else 'are'} overspent.",
            f"The worst is “{worst.line}”, by {left}.",
            "bad",
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
