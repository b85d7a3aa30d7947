"""The page that says where a KPI's value comes from, down to the readings and records behind it."""

from __future__ import annotations

from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.values import Period, format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.kpis import panels, queries
from apps.kpis.lineage import SHOWN, Lineage, lineage
from apps.kpis.models import Definition
from apps.kpis.series import zone
from apps.kpis.views import chosen_departments


@page("kpi_value", "r")
def kpi_origin(request: HttpRequest, key: int) -> HttpResponse:
    kpi = Definition.objects.visible_to(request.user).filter(pk=key).select_related("owner", "department").first()
    if kpi is None:
        raise Http404
    departments, chosen = chosen_departments(request)
    found = lineage(kpi, departments=departments, period=_period(request, kpi))
    place = f"&department={chosen.pk}" if chosen else ""
    chart = reverse("kpi_chart", args=[kpi.pk])
    rolled_up_at, waiting = queries.freshness()
    fresh = cells.when(rolled_up_at, cells.zone_of(request.user))[0] if rolled_up_at else "no roll-up yet"
    value = panels.show(kpi, found.value.value, unit=True)
    shown = pm.ChartPage(
        title=f"{kpi.name}: {value}",
        verdict=pm.Alert(
            f"{value} in {found.period.label}.",
            f"{found.formula}. Version {found.version} counts for this period."
            + (f" {waiting} batches wait for roll-up." if waiting else ""),
            "info",
        ),
        crumbs=(
            pm.Crumb("KPIs & goals", reverse("list", args=["kpis"])),
            pm.Crumb(kpi.name, chart),
            pm.Crumb("Where it comes from"),
        ),
        facts=f"{chosen or 'all departments you see'} · data as of {fresh}",
        buttons=(
            pm.Button("Earlier period", f"?period={found.period.previous().key}{place}", "arrow-left"),
            pm.Button("Chart", f"{chart}?period={queries_grain(found.period)}{place}", "chart-line"),
        ),
        sections=_sections(found, request, place),
        rail=_rail(found),
    )
    return render(request, "pages/chart.html", {"page": shown})


def plain_number(value: Decimal | None) -> str:
    """As measured, without zeros behind the point that nobody wrote."""
    if value is None:
        return cells.DASH
    places = max(0, -int(value.normalize().as_tuple().exponent))
    return format_number(value, min(places, 6))


def queries_grain(period: Period) -> str:
    return str(getattr(period.grain, "value", period.grain))


def _period(request: HttpRequest, kpi: Definition) -> Period:
    text = request.GET.get("period", "")
    if text:
        period = Period.parse(text, zone())
        if queries_grain(period) in queries.ORDER:
            return period
        raise Http404
    one = queries.standings([kpi], user=request.user, grain=kpi.grain)[0]
    return one.latest.period if one.latest else one.values[-1].period


def _sections(found: Lineage, request: HttpRequest, place: str) -> tuple[pm.Section, ...]:
    sections = []
    if found.inputs:
        sections.append(pm.Section("Inputs of the formula", note=found.formula, table=_inputs(found, place)))
    if not found.inputs or any(value.value is not None for _, value in found.departments):
        sections.append(pm.Section("By department", table=_departments(found)))
    if found.count or not found.inputs:
        note = f"{format_number(found.count)} reading{'' if found.count == 1 else 's'}" + (
            f", first {SHOWN} shown" if found.count > SHOWN else ""
        )
        button = pm.Button("Records behind it", found.records, "list") if found.records else None
        sections.append(pm.Section("Readings", note=note, table=_readings(found, request), button=button))
    return tuple(sections)


def _inputs(found: Lineage, place: str) -> pm.Table:
    rows = tuple(
        pm.Row(
            one.name,
            panels.origin_url(one.kpi, found.period) + place,
            (
                pm.Cell(one.name),
                pm.Cell(one.kpi.name, "link", url=panels.origin_url(one.kpi, found.period) + place),
                pm.Cell(panels.show(one.kpi, one.value, unit=True), "number"),
            ),
        )
        for one in found.inputs
    )
    columns = (pm.Column("name", "Name"), pm.Column("kpi", "KPI", wide=True), pm.Column("value", "Value", align="end"))
    return pm.Table(columns, rows, "Inputs", "No inputs.")


def _departments(found: Lineage) -> pm.Table:
    rows = tuple(
        pm.Row(
            str(place.pk),
            panels.origin_url(found.kpi, found.period, place),
            (
                pm.Cell(place.name, "link", url=panels.origin_url(found.kpi, found.period, place)),
                pm.Cell(panels.show(found.kpi, value.value), "number"),
                pm.Cell(format_number(value.count), "number"),
            ),
        )
        for place, value in found.departments
    )
    columns = (
        pm.Column("name", "Department", wide=True),
        pm.Column("value", "Value", align="end"),
        pm.Column("count", "Readings", align="end"),
    )
    return pm.Table(columns, rows, "By department", "Nothing was measured in this period.")


def _readings(found: Lineage, request: HttpRequest) -> pm.Table:
    zone = cells.zone_of(request.user)
    rows = [
        pm.Row(
            f"{row.at.isoformat()}-{row.department.pk}",
            reverse("record", args=["kpi-readings", row.batch_id]),
            (
                cells.plain_cell(row.at, zone),
                pm.Cell(row.department.name),
                pm.Cell(plain_number(row.value), "number"),
                pm.Cell(plain_number(row.weight), "number"),
                pm.Cell(
                    f"Batch {row.batch_id}" + (", corrected" if row.corrected else ""),
                    "link",
                    url=reverse("record", args=["kpi-readings", row.batch_id]),
                ),
            ),
        )
        for row in found.rows
    ]
    columns = (
        pm.Column("at", "Time"),
        pm.Column("place", "Department", wide=True),
        pm.Column("value", "Value", align="end"),
        pm.Column("weight", "Weight", align="end"),
        pm.Column("batch", "Came with"),
    )
    return pm.Table(columns, tuple(rows), "Readings", "No readings in this period.")


def _rail(found: Lineage) -> tuple[pm.Section, ...]:
    facts = [pm.Fact("Value", pm.Cell(panels.show(found.kpi, found.value.value, unit=True)))]
    if found.count:
        facts.append(pm.Fact("Readings", pm.Cell(format_number(found.count))))
        for label, number in (("Sum of values", found.total), ("Sum of weights", found.weight)):
            if number is not None:
                facts.append(pm.Fact(label, pm.Cell(plain_number(number))))
    facts.append(pm.Fact("Computed by", pm.Cell(found.formula)))
    facts.append(pm.Fact("Version", pm.Cell(str(found.version))))
    if found.kpi.owner:
        facts.append(pm.Fact("Owner", pm.Cell(str(found.kpi.owner))))
    record = reverse("record", args=["kpis", found.kpi.pk])
    return (pm.Section("How it is made", facts=tuple(facts), button=pm.Button("Definition", record, "book-open")),)
