"""Pages of event logs: files in, cases out as XES, and the figures of a workflow's cases."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.core.access.rights import require
from apps.core.actions.fields import ActionForm, RecordField
from apps.core.errors import Refused
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo
from apps.org.models import Department
from apps.workflows.mining.files import MOST_BYTES, write_xes
from apps.workflows.mining.log import Figures, figures
from apps.workflows.services import logs
from apps.workflows.views_cases import CRUMBS, _workflow

SHOWN = 100


class LogForm(ActionForm):
    """A file of another system's events."""

    code = forms.SlugField(max_length=40, help_text="Short name of the workflow that is drawn from the log")
    department = RecordField(Department)
    file = forms.FileField(
        label="Event log",
        help_text="XES, also packed (.xes.gz), or CSV with case_id, activity, timestamp; at most 20 MB",
    )


@page("process", "c")
def log_import(request: HttpRequest) -> HttpResponse:
    form = LogForm(request.POST or None, request.FILES or None, actor=request.user)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        wanted = {"name": file.name, "code": form.cleaned_data["code"], "department": form.cleaned_data["department"]}
        try:
            content = file.read(MOST_BYTES + 1)
            if logs.is_large(content):
                job = logs.ask_import(content=content, **wanted, actor=request.user)
                return HttpResponseRedirect(reverse("job", args=[job.pk]))
            made = logs.import_log(content=content, **wanted, actor=request.user)
            require(request.user, "process", "c", made, noun="workflow")
        except Refused as error:
            undo(request)
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "Event log imported")
            return HttpResponseRedirect(reverse("log_figures", args=[made.pk]))
    shown = pm.FormPage(
        title="Import an event log",
        form=form,
        crumbs=(*CRUMBS, pm.Crumb("Event log")),
        submit_label="Import",
        cancel_url=reverse("list", args=["workflows"]),
    )
    return render(request, "pages/form.html", {"page": shown}, status=422 if form.errors else 200)


@page("process", "r")
def log_file(request: HttpRequest, key: int) -> HttpResponse:
    """The workflow's ended cases as XES for other tools."""
    workflow = _workflow(request, key)
    answer = HttpResponse("".join(write_xes(logs.traces(workflow))), content_type="application/xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{workflow.code}.xes"'
    return answer


@page("process", "r")
def log_figures(request: HttpRequest, key: int) -> HttpResponse:
    """How the workflow's ended cases went: time, variants, what follows what."""
    workflow = _workflow(request, key)
    found = figures(logs.traces(workflow))
    shown = pm.ChartPage(
        title=f"Figures of {workflow}",
        verdict=_verdict(found),
        crumbs=(*CRUMBS, pm.Crumb(workflow.code, reverse("record", args=["workflows", key])), pm.Crumb("Figures")),
        facts=f"{found.events} steps in {found.cases} ended cases",
        buttons=(pm.Button("Download XES", reverse("log_file", args=[key]), "download"),),
        sections=(_activities(found), _follows(found), _variants(found)),
    )
    return render(request, "pages/chart.html", {"page": shown})


def _verdict(found: Figures) -> pm.Alert:
    if not found.cases:
        return pm.Alert("No case has ended yet.", "The figures come with the first one.", "info")
    return pm.Alert(
        f"Half of the cases end within {lasted(found.median_seconds)}.",
        f"Nine of ten within {lasted(found.p90_seconds)}; {found.reworked} of {found.cases} did a step again.",
        "info",
    )


def lasted(seconds: float) -> str:
    """A length of time in its two largest units."""
    length = timedelta(seconds=round(seconds))
    hours, rest = divmod(length.seconds, 3600)
    if length.days:
        return f"{length.days} d {hours} h"
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"


def _activities(found: Figures) -> pm.Section:
    rows = tuple(
        pm.Row(
            name,
            "",
            (
                pm.Cell(name),
                pm.Cell(str(count), "number"),
                pm.Cell(lasted(found.work_seconds[name] / count) if name in found.work_seconds else "–", "number"),
            ),
        )
        for name, count in found.activities[:SHOWN]
    )
    columns = (
        pm.Column("name", "Step", wide=True),
        pm.Column("count", "Times", "end"),
        pm.Column("mean", "Mean time in it", "end"),
    )
    return pm.Section("Steps", table=pm.Table(columns, rows, "Steps", "None yet."))


def _follows(found: Figures) -> pm.Section:
    rows = tuple(
        pm.Row(
            f"{one.before}>{one.after}",
            "",
            (
                pm.Cell(one.before),
                pm.Cell(one.after),
                pm.Cell(str(one.count), "number"),
                pm.Cell(lasted(one.mean_seconds), "number"),
                pm.Cell(lasted(one.median_seconds), "number"),
            ),
        )
        for one in found.follows[:SHOWN]
    )
    columns = (
        pm.Column("from", "After"),
        pm.Column("to", "Came", wide=True),
        pm.Column("count", "Times", "end"),
        pm.Column("mean", "Mean time", "end"),
        pm.Column("median", "Median time", "end"),
    )
    return pm.Section("What follows what", table=pm.Table(columns, rows, "What follows what", "None yet."))


def _variants(found: Figures) -> pm.Section:
    rows = tuple(
        pm.Row(str(at), "", (pm.Cell(" → ".join(steps)), pm.Cell(str(count), "number")))
        for at, (steps, count) in enumerate(found.variants[:SHOWN])
    )
    columns = (pm.Column("way", "Way through", wide=True), pm.Column("count", "Cases", "end"))
    return pm.Section("Variants", table=pm.Table(columns, rows, "Variants", "None yet."))
