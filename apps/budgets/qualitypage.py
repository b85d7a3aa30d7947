"""Cost of quality as a page: four classes, their sources, and the records that each figure is the sum of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.budgets import matching, quality, reportpage, views
from apps.budgets.models import Plan
from apps.budgets.panels import money, percent
from apps.budgets.quality import CLASSES, FAILURES, Record, Source
from apps.budgets.queries import ZERO
from apps.core.resources.resource import of_subject
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page

MOST = 300


@page("budget_plan", "r")
def quality_report(request: HttpRequest) -> HttpResponse:
    plans = matching.in_force(request.user)
    crumbs = (pm.Crumb("Money & results"), pm.Crumb("Budgets", reverse("budget_report")), pm.Crumb("Cost of quality"))
    if not plans:
        nothing = pm.Alert(
            _("No budget is in force yet."), _("Costs of quality are counted in the currency of one."), "info"
        )
        return render(
            request,
            "budgets/report.html",
            {"page": pm.ChartPage(title="Cost of quality", verdict=nothing, crumbs=crumbs)},
        )
    today = timezone.now().astimezone(cells.zone_of(request.user)).date()
    choice = views.chosen(request.GET, plans, today)
    plan = choice.plan
    found = quality.sources(plan, request.user, through=choice.through)
    wanted = next((one for one in found if one.key == request.GET.get("source")), None)
    shown = pm.ChartPage(
        title="Cost of quality",
        verdict=verdict(found, plan),
        crumbs=crumbs,
        facts=_("%(budget)s · through period %(period)s of %(all)s · %(currency)s")
        % {
            "budget": plan.name,
            "period": choice.through,
            "all": len(plan.period_ends),
            "currency": plan.currency,
        },
        buttons=(pm.Button("Budget report", f"{reverse('budget_report')}?plan={plan.pk}", "scale"),),
        sections=tuple(one for one in _sections(found, wanted, plan, choice.through) if one is not None),
    )
    form = views.QualityForm(plans=plans, choice=choice)
    return render(request, "budgets/report.html", {"page": shown, "form": form})


def verdict(found: list[Source], plan: Plan) -> pm.Alert:
    """The one sentence a manager reads: how much of the money went to failures."""
    sums = quality.by_class(found)
    total = sum(sums.values(), ZERO)
    if not found:
        return pm.Alert(
            _("Nothing counts as a cost of quality yet."),
            _("Give categories a class, or scrap and returns will."),
            "info",
        )
    failed = sum((sums[one] for one in FAILURES), ZERO)
    left_out = sum(one.without_rate for one in found)
    words = {
        "total": money(total, plan.currency),
        "failed": money(failed, plan.currency),
        "share": percent(failed / total if total > 0 else None),
    }
    rest = ngettext(
        "%(many)s record has no rate into %(currency)s and is left out.",
        "%(many)s records have no rate into %(currency)s and are left out.",
        left_out,
    ) % {"many": left_out, "currency": plan.currency}
    return pm.Alert(
        _("Quality costs %(total)s. Failures are %(failed)s, %(share)s of it.") % words,
        rest if left_out else _("The rest prevents and checks."),
        "warn" if failed * 2 > total or left_out else "good",
    )


def _sections(found: list[Source], wanted: Source | None, plan: Plan, through: int) -> list[pm.Section | None]:
    names, ends = quality.names_of(found), plan.period_ends
    departments = {names[key]: row for key, row in quality.summed(found, lambda one: one.department_id).items()}
    periods = {
        _("To %(day)s") % {"day": f"{ends[key - 1]:%Y-%m-%d}"}: row
        for key, row in quality.summed(found, lambda one: one.period).items()
    }
    return [
        None if wanted is None else records_section(wanted, plan, names),
        reportpage.quality_section(found, plan),
        sources_section(found, plan, through),
        _spread_section("By department", "Department", departments, plan),
        _spread_section("By period", "Period", periods, plan),
    ]


def sources_section(found: list[Source], plan: Plan, through: int) -> pm.Section:
    """Each class with its sources; a figure leads to its records."""
    sums, rows = quality.by_class(found), []
    total = sum(sums.values(), ZERO)
    for key, label in CLASSES.items():
        share = percent(sums[key] / total if total else None)
        figures = (pm.Cell(money(sums[key], plan.currency), "number"), pm.Cell(share, "number"))
        rows.append(pm.Row(key, "", (pm.Cell(_(label)), pm.Cell(_("All")), pm.Cell(""), *figures)))
        for one in (one for one in found if one.quality == key):
            url = address(plan, through, one.key)
            told = pm.Cell(money(one.amount, plan.currency), "link", url=url)
            count = pm.Cell(f"{len(one.records)}", "number")
            rows.append(
                pm.Row(
                    f"{key}-{one.key}",
                    url,
                    (pm.Cell(""), pm.Cell(_(one.label), "link", url=url), count, told, pm.Cell("")),
                )
            )
    columns = (
        pm.Column("class", "Class"),
        pm.Column("source", "Source", wide=True),
        pm.Column("records", "Records", align="end"),
        pm.Column("cost", "Cost", align="end"),
        pm.Column("share", "Share", align="end"),
    )
    return pm.Section(
        "Classes and sources", table=pm.Table(columns, tuple(rows), "Classes and sources"), name="sources"
    )


def address(plan: Plan, through: int, source: str) -> str:
    return f"{reverse('budget_quality')}?{urlencode({'plan': plan.pk, 'through': through, 'source': source})}"


def records_section(source: Source, plan: Plan, names: dict[int, str]) -> pm.Section:
    """The records of one source, the dearest first; their sum is its figure."""
    ordered = sorted(source.records, key=lambda one: (-abs(one.amount), one.subject))
    rows = [_record_row(one, plan, names) for one in ordered[:MOST]]
    if ordered[MOST:]:
        rest = sum((one.amount for one in ordered[MOST:]), ZERO)
        rows.append(_plain_row("rest", _("%(many)s smaller ones") % {"many": len(ordered) - MOST}, rest, plan))
    rows.append(_plain_row("sum", _("All"), source.amount, plan))
    columns = (
        pm.Column("record", "Record", wide=True),
        pm.Column("department", "Department"),
        pm.Column("day", "Day"),
        pm.Column("cost", "Cost", align="end"),
    )
    table = pm.Table(columns, tuple(rows), source.label)
    many = ngettext("%(many)s record", "%(many)s records", len(ordered)) % {"many": len(ordered)}
    return pm.Section(source.label, note=f"{_(CLASSES[source.quality])} · {many}", table=table, name="records")


def _record_row(one: Record, plan: Plan, names: dict[int, str]) -> pm.Row:
    known = of_subject(one.subject)
    url = "" if known is None else reverse("record", args=[known[0].path, known[1]])
    name = pm.Cell(one.text, "link", url=url) if url else pm.Cell(one.text)
    figures = (pm.Cell(names.get(one.department_id, "")), pm.Cell(f"{one.on:%Y-%m-%d}"))
    return pm.Row(one.subject, url, (name, *figures, pm.Cell(money(one.amount, plan.currency), "number")))


def _plain_row(key: str, words: str, amount: Decimal, plan: Plan) -> pm.Row:
    return pm.Row(key, "", (pm.Cell(words), pm.Cell(""), pm.Cell(""), pm.Cell(money(amount, plan.currency), "number")))


def _spread_section(title: str, head: str, sums: dict[str, dict[str, Decimal]], plan: Plan) -> pm.Section | None:
    if not sums:
        return None
    rows: list[Any] = [
        pm.Row(
            name,
            "",
            (
                pm.Cell(name),
                *(pm.Cell(money(one, plan.currency), "number") for one in (*row.values(), sum(row.values(), ZERO))),
            ),
        )
        for name, row in sums.items()
    ]
    columns = (
        pm.Column("name", head, wide=True),
        *(pm.Column(key, label, align="end") for key, label in CLASSES.items()),
        pm.Column("sum", "All", align="end"),
    )
    return pm.Section(title, table=pm.Table(columns, tuple(rows), title))
