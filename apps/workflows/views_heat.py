"""The live heat map of a workflow: the diagram coloured by one measure, and a table with all of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.workflows import loading, panels_cases
from apps.workflows.bpmn.drawing import Mark
from apps.workflows.bpmn.model import Model
from apps.workflows.heat import MEASURES, Heat, heat_of
from apps.workflows.models import Workflow
from apps.workflows.views_cases import _workflow
from apps.workflows.views_drawing import crumbs_of
from apps.workflows.views_logs import lasted

PERIODS = {"7": "7 days", "30": "30 days", "365": "Year", "all": "Everything"}
SHADES = 5


def drawn_model(workflow: Workflow) -> Model | None:
    """The published version, else the draft."""
    if workflow.published_number is not None:
        return loading.model_of(workflow.revisions.get(number=workflow.published_number))
    return panels_cases.readable(workflow)


def shades(rows: list[Heat], measure: str) -> dict[str, int]:
    """A shade from 1 to 5 per step by its share of the hottest one; a step at nothing has none."""
    found = {one.element: one.measure(measure) or 0.0 for one in rows}
    hottest = max(found.values(), default=0.0)
    return {key: max(1, -int(-SHADES * value // hottest)) for key, value in found.items() if value > 0}


def said(one: Heat, measure: str) -> str:
    """The measure in words a person reads; a dash where there is none."""
    value = one.measure(measure)
    if value is None:
        return cells.DASH
    if measure in ("wait", "work"):
        return lasted(value)
    if measure == "cost":
        return format_number(Decimal(one.cost or 0), 2)
    if measure == "breaches" and one.with_sla:
        return f"{one.breaches} of {one.with_sla}"
    return str(int(value))


@page("process", "r")
def workflow_heat(request: HttpRequest, key: int) -> HttpResponse:
    """How often, how long, how late, how much again and at what cost; refreshed each minute while open."""
    workflow = _workflow(request, key)
    measure, asked = request.GET.get("measure", "count"), request.GET.get("period", "")
    if measure not in MEASURES or asked not in {*PERIODS, ""}:
        raise Refused("Choose a measure and a period that the page offers.", code="bad_filter", field="measure")
    model = drawn_model(workflow)
    period, rows = _of_period(workflow, model, asked)
    shade = shades(rows, measure)
    marks = {
        one.element: Mark(f"h{shade[one.element]}", said(one, measure), f"{MEASURES[measure]}: {said(one, measure)}")
        for one in rows
        if one.element in shade
    }
    measures = [
        pm.Link(words, f"{_url(key)}?measure={name}&period={period}", current=name == measure)
        for name, words in MEASURES.items()
    ]
    shown = pm.ChartPage(
        title=f"Heat map of {workflow}",
        verdict=_verdict(rows, measure, shade),
        crumbs=crumbs_of(workflow, "Heat map"),
        facts=_facts(workflow, rows),
        periods=tuple(_link(key, words, period, p=name, measure=measure) for name, words in PERIODS.items()),
        buttons=(pm.Button("Figures of its ended cases", reverse("log_figures", args=[key]), "chart-line"),),
        sections=(
            pm.Section(
                "Diagram",
                note="Darker is more. The number at each step is the measure itself",
                body=panels_cases.picture(model, f"Heat map of {workflow}", marks) if model is not None else "",
            ),
            _table(rows),
        ),
    )  # fmt: skip
    return render(
        request, "workflows/heat.html", {"page": shown, "measures": measures, "refresh_url": request.get_full_path()}
    )


def _of_period(workflow: Workflow, model: Model | None, asked: str) -> tuple[str, list[Heat]]:
    """Of the period asked for; else of the last 30 days, or of everything where they hold nothing, as after reading a log."""
    process = model.process() if model is not None else None
    for period in (asked,) if asked else ("30", "all"):
        since = None if period == "all" else timezone.now() - timedelta(days=int(period))
        if rows := heat_of(workflow, process, since=since):
            return period, rows
    return period, rows


def _url(key: int) -> str:
    return reverse("workflow_heat", args=[key])


def _link(key: int, words: str, now: str, *, p: str, measure: str) -> pm.Link:
    return pm.Link(words, f"{_url(key)}?measure={measure}&period={p}", current=p == now)


def _facts(workflow: Workflow, rows: list[Heat]) -> str:
    version = f"version {workflow.published_number}" if workflow.published_number else "the draft"
    return f"{sum(one.count for one in rows)} steps begun, {sum(one.here for one in rows)} open now, drawn on {version}"


def _verdict(rows: list[Heat], measure: str, shade: dict[str, int]) -> pm.Alert:
    ranked = sorted((one for one in rows if one.element in shade), key=lambda one: -(one.measure(measure) or 0))
    if not ranked:
        return pm.Alert("Nothing to show for this measure.", "Choose a longer period or another measure.", "info")
    top = ranked[0]
    return pm.Alert(f"Most: {top.name}, {said(top, measure)}.", f"{MEASURES[measure]}, by step.", "info")


def _table(rows: list[Heat]) -> pm.Section:
    columns = (
        pm.Column("name", "Step", wide=True),
        pm.Column("here", "Open now", "end"),
        *(pm.Column(name, words, "end") for name, words in MEASURES.items()),
    )
    lines = tuple(
        pm.Row(
            one.element,
            "",
            (
                pm.Cell(one.name),
                pm.Cell(str(one.here), "number"),
                *(pm.Cell(said(one, name), "number") for name in MEASURES),
            ),
        )
        for one in rows
    )
    return pm.Section("Steps", table=pm.Table(columns, lines, "Steps", "No case has begun in this period."))
