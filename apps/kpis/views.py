"""The chart page of one KPI: verdict first, then individual values with process limits, moving range, signals."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.science.xmr import XmrChart
from apps.core.values import format_number
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.kpis import panels, queries, signals, verdicts
from apps.kpis.models import Definition
from apps.kpis.queries import Standing
from apps.org.models import Department

GRAINS = (("hour", "Hour"), ("day", "Day"), ("week", "Week"), ("month", "Month"))
POINTS = 40


@page("kpi", "r")
def kpi_chart(request: HttpRequest, key: int) -> HttpResponse:
    kpi = Definition.objects.visible_to(request.user).filter(pk=key).select_related("owner", "department").first()
    if kpi is None:
        raise Http404
    wanted = request.GET.get("period", "")
    grain = queries.grain_for(kpi, wanted if wanted in queries.ORDER else kpi.grain)
    departments, chosen = chosen_departments(request)
    one = queries.standings([kpi], user=request.user, grain=grain, points=POINTS, departments=departments)[0]
    chart = one.chart()
    place = _place(request, chosen)
    shown = pm.ChartPage(
        title=kpi.name,
        verdict=verdicts.verdict(one, chart),
        crumbs=(
            pm.Crumb("Money & results"),
            pm.Crumb("KPIs & goals", reverse("list", args=["kpis"])),
            pm.Crumb(kpi.name),
        ),
        facts=_facts(one, chosen, request.GET.get("site", "")),
        periods=tuple(
            pm.Link(label, f"?period={name}{place}", current=name == grain)
            for name, label in GRAINS
            if queries.ORDER[name] >= queries.ORDER[kpi.grain]
        ),
        buttons=(
            pm.Button("Definition", reverse("record", args=["kpis", kpi.pk]), "book-open"),
            pm.Button("Readings", reverse("list", args=["kpi-readings"]), "file-input"),
            pm.Button("Explore", _explored(kpi, grain, chosen), "chart-spline"),
        ),
        sections=_sections(one, chart),
        rail=_rail(one, chart, request.user, chosen),
    )
    return render(request, "pages/chart.html", {"page": shown})


def _explored(kpi: Definition, grain: str, chosen: Department | None) -> str:
    return reverse("kpi_explore") + f"?kpi={kpi.pk}&period={grain}" + (f"&department={chosen.pk}" if chosen else "")


def _place(request: HttpRequest, chosen: Department | None) -> str:
    """The chosen department and site, kept in links."""
    site = request.GET.get("site", "")
    return (f"&department={chosen.pk}" if chosen else "") + (f"&{urlencode({'site': site})}" if site else "")


def chosen_departments(request: HttpRequest) -> tuple[list[int], Department | None]:
    mine = queries.readable_departments(request.user)
    text = request.GET.get("department", "")
    chosen = Department.objects.visible_to(request.user).filter(pk=int(text)).first() if text.isdigit() else None
    keys = queries.below(chosen, mine) if chosen else mine
    return queries.at_site(keys, request.GET.get("site", "")), chosen


def _facts(one: Standing, chosen: Department | None, site: str) -> str:
    known = sum(1 for value in one.values if value.value is not None)
    parts = [
        str(chosen) if chosen else "all departments you see",
        *([f"site {site}"] if site else []),
        one.kpi.get_rule_display().lower(),
        f"{known} periods",
    ]
    if one.kpi.owner:
        parts.append(f"owner {one.kpi.owner}")
    return " · ".join(parts)


def _sections(one: Standing, chart: XmrChart | None) -> tuple[pm.Section, ...]:
    if one.latest is None:
        return (pm.Section("Individual values", text="Nothing to draw yet."),)
    sections = [
        panels.chart_section(
            "Individual values",
            panels.control_spec(one, chart),
            note=f"{one.kpi.unit} · ◆ signal, number = rule" if chart else one.kpi.unit,
        )
    ]
    if chart is not None:
        sections.append(panels.chart_section("Moving range", panels.range_spec(one, chart)))
        sections.append(pm.Section("Signals", table=_signals(one, chart)))
    ahead = panels.forecast_section(one)
    if ahead is not None:
        sections.append(ahead)
    return tuple(sections)


def _signals(one: Standing, chart: XmrChart) -> pm.Table:
    known = [value for value in one.values if value.value is not None]
    rows = [
        pm.Row(
            str(found.index),
            cells=(
                pm.Cell(found.rule, "status", tone="bad" if found.concern else "good" if found.improvement else "info"),
                pm.Cell(found.text),
                pm.Cell(known[found.index].period.label),
                pm.Cell(panels.show(one.kpi, known[found.index].value), "number"),
            ),
        )
        for found in reversed(signals.signals(one, chart))
    ]
    columns = (
        pm.Column("rule", "Rule"),
        pm.Column("what", "What it means", wide=True),
        pm.Column("when", "Period"),
        pm.Column("value", "Value", align="end"),
    )
    return pm.Table(columns, tuple(rows[:15]), "Signals", "No signals: only common-cause variation.")


def _rail(one: Standing, chart: XmrChart | None, user: Any, chosen: Department | None) -> tuple[pm.Section, ...]:
    kpi = one.kpi
    facts = [pm.Fact("Latest", panels.value_cell(one, department=chosen))]
    if one.target:
        facts.append(pm.Fact("Target", pm.Cell(panels.target_words(one).removeprefix("target "))))
        facts.append(pm.Fact("At risk to", pm.Cell(panels.show(kpi, one.target.amber, unit=True))))
    status = pm.Cell(panels.STATUS_WORDS[one.tone].capitalize(), "status", tone=one.tone or "idle")  # type: ignore[arg-type]
    rail = [pm.Section("Status", facts=tuple(facts), status=status)]
    if chart is not None:
        now = chart.now
        rail.append(
            pm.Section(
                "Natural process limits",
                note=f"{now.stop - now.start} points",
                facts=(
                    pm.Fact("Upper limit", pm.Cell(panels.show(kpi, now.upper))),
                    pm.Fact("Mean", pm.Cell(panels.show(kpi, now.mean))),
                    pm.Fact("Lower limit", pm.Cell(panels.show(kpi, now.lower))),
                    pm.Fact("Mean moving range", pm.Cell(panels.show(kpi, now.mean_range))),
                ),
            )
        )
    sites = _by_site(one, user)
    if len(sites.rows) > 1:
        rail.append(pm.Section("By site", table=sites))
    splits = _by_department(one, user)
    if splits.rows:
        rail.append(pm.Section("By department", table=splits))
    return tuple(rail)


def _by_department(one: Standing, user: Any) -> pm.Table:
    """The latest period split by department: what the shown value is made of."""
    rows = []
    if one.latest is not None:
        for department, value, count in queries.split(one, user=user):
            url = reverse("kpi_chart", args=[one.kpi.pk]) + f"?period={one.grain}&department={department.pk}"
            rows.append(
                pm.Row(
                    str(department.pk),
                    url,
                    (
                        pm.Cell(department.name, "link", url=url),
                        pm.Cell(panels.show(one.kpi, value), "number"),
                        pm.Cell(format_number(count), "number"),
                    ),
                )
            )
    columns = (
        pm.Column("name", "Department", wide=True),
        pm.Column("value", "Value", align="end"),
        pm.Column("count", "Readings", align="end"),
    )
    return pm.Table(columns, tuple(rows[:20]), "By department", "No departments.")


def _by_site(one: Standing, user: Any) -> pm.Table:
    rows = []
    for site, value in queries.by_site(one, user=user):
        query = urlencode({"period": one.grain, "site": site.code})
        url = f"{reverse('kpi_chart', args=[one.kpi.pk])}?{query}"
        cells = (pm.Cell(site.name, "link", url=url), pm.Cell(panels.show(one.kpi, value.value), "number"))
        rows.append(pm.Row(site.code, url, cells))
    columns = (pm.Column("name", "Site", wide=True), pm.Column("value", "Value", align="end"))
    return pm.Table(columns, tuple(rows), "By site", "No sites.")
