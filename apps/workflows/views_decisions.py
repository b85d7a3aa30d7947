"""The pages of decision tables that are no list, record or form: the grid editor, trying values, DMN files in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.core.access.rights import require
from apps.core.actions.fields import ActionForm, RecordField
from apps.core.errors import Refused
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo
from apps.org.models import Department
from apps.workflows import decision_grid, decision_tables
from apps.workflows.dmn import table, writing
from apps.workflows.dmn.reading import MOST_BYTES
from apps.workflows.dmn.table import POLICIES, Outcome, Ready
from apps.workflows.dmn.values import TYPES, written
from apps.workflows.models import Decision
from apps.workflows.services import decisions as services

CRUMBS = (pm.Crumb("Settings"), pm.Crumb("Decision tables", "/decisions/"))


@dataclass(frozen=True, kw_only=True)
class GridPage:
    title: str
    crumbs: tuple[pm.Crumb, ...]
    grid: dict[str, Any]
    version: int
    cancel_url: str
    facts: str = ""
    error: str = ""
    policies: tuple[tuple[str, str], ...] = tuple(POLICIES.items())
    types: tuple[str, ...] = TYPES


def _decision(request: HttpRequest, key: int, verb: str) -> Decision:
    found: Decision | None = Decision.objects.visible_to(request.user).filter(pk=key).first()
    if found is None:
        raise Http404
    require(request.user, "rule", verb, found, noun="decision table")
    return found


def _crumbs(decision: Decision, last: str) -> tuple[pm.Crumb, ...]:
    return (*CRUMBS, pm.Crumb(decision.code, reverse("record", args=["decisions", decision.pk])), pm.Crumb(last))


@page("rule", "u")
def decision_table(request: HttpRequest, key: int) -> HttpResponse:
    """Every button but Save changes only the form; Save writes the draft or shows the place at fault."""
    decision = _decision(request, key, "u")
    record_url = reverse("record", args=["decisions", decision.pk])
    if request.method != "POST":
        grid = {**decision.table, "cases": [{**one} for one in decision.cases]}
        return _grid(request, decision, grid, decision.version)
    grid = decision_grid.from_post(request.POST)
    text = request.POST.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else decision.version
    act = request.POST.get("do", "save")
    if act != "save":
        return _grid(request, decision, decision_grid.changed(grid, act), version)
    try:
        services.change_decision(
            decision,
            table=decision_grid.table_of(grid),
            cases=decision_grid.cases_of(grid),
            actor=request.user,
            version=version,
        )
    except Refused as error:
        undo(request)
        return _grid(request, decision, grid, version, error.message)
    messages.success(request, "Table saved")
    return HttpResponseRedirect(record_url)


def _grid(
    request: HttpRequest, decision: Decision, grid: dict[str, Any], version: int, error: str = ""
) -> HttpResponse:
    shown = GridPage(
        title=f"Table of {decision.name}",
        facts='“-” passes everything; write < 10, [1..5], "a", "b" or not(3)',
        crumbs=_crumbs(decision, "Table"),
        grid=_joined(grid),
        version=version,
        cancel_url=reverse("record", args=["decisions", decision.pk]),
        error=error,
    )
    return render(request, "workflows/decision_table.html", {"page": shown}, status=422 if error else 200)


def _joined(grid: dict[str, Any]) -> dict[str, Any]:
    """For the template: listed values as one text, cells of a case in the order of the inputs."""
    columns = {
        kind: [{**one, "listed": ", ".join(one["values"])} for one in grid[kind]] for kind in ("inputs", "outputs")
    }
    cases = [
        {**one, "cells": [one["values"].get(column["name"], "") for column in grid["inputs"]]} for one in grid["cases"]
    ]
    return {**grid, **columns, "cases": cases}


class TryForm(forms.Form):
    """One field per input of the table."""

    def __init__(self, made: Ready, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for at, column in enumerate(made.table.inputs):
            self.fields[f"v{at}"] = forms.CharField(
                label=column.label or column.name,
                required=False,
                max_length=400,
                help_text=f"One of {', '.join(column.values)}" if column.values else column.type,
            )

    def texts(self, made: Ready) -> dict[str, str]:
        return {column.name: self.cleaned_data.get(f"v{at}", "") for at, column in enumerate(made.table.inputs)}


@page("rule", "r")
def decision_try(request: HttpRequest, key: int) -> HttpResponse:
    """What the draft says for values of one's own; who may change the table keeps the answer as a case."""
    decision = _decision(request, key, "r")
    made = decision_tables.ready_draft(decision)
    sent = request.POST if request.method == "POST" else request.GET
    form = TryForm(made, sent or None)
    outcome: Outcome | None = None
    if form.is_bound and form.is_valid():
        try:
            outcome = decision_tables.try_values(made, form.texts(made))
        except Refused as error:
            at = [one.name for one in made.table.inputs].index(error.field or "")
            form.add_error(f"v{at}", error.message)
    if request.method == "POST" and outcome is not None and not outcome.problem:
        require(request.user, "rule", "u", decision, noun="decision table")
        case = {"name": f"Case {len(decision.cases) + 1}", "values": {k: v for k, v in form.texts(made).items() if v}, "expect": written(outcome.value)}  # fmt: skip
        services.change_decision(decision, cases=[*decision.cases, case], actor=request.user)
        messages.success(request, "Case saved")
        return HttpResponseRedirect(reverse("record", args=["decisions", decision.pk]))
    shown = {"page": _try_page(decision, form), "form": form, "outcome": _shown(made, outcome), "decision": decision}
    return render(request, "workflows/decision_try.html", shown, status=422 if form.errors else 200)


def _try_page(decision: Decision, form: TryForm) -> pm.FormPage:
    return pm.FormPage(title=f"Try {decision.name}", form=form, crumbs=_crumbs(decision, "Try values"))


def _shown(made: Ready, outcome: Outcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    lines = [
        {
            "number": number,
            "note": made.table.lines[number - 1].note,
            "then": ", ".join(made.table.lines[number - 1].then),
        }
        for number in outcome.hits
    ]
    return {"text": outcome.problem or written(outcome.value), "problem": bool(outcome.problem), "lines": lines}


@page("rule", "r")
def decision_file(request: HttpRequest, key: int) -> HttpResponse:
    """The draft as a DMN file for other tools."""
    decision = _decision(request, key, "r")
    content = writing.write(table.from_data(decision.table), code=decision.code, name=decision.name)
    answer = HttpResponse(content, content_type="application/xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{decision.code}.dmn"'
    return answer


class DmnForm(ActionForm):
    """A DMN file that becomes decision tables."""

    code = forms.SlugField(max_length=36, help_text="Short name; several tables in the file get numbers behind it")
    department = RecordField(Department)
    file = forms.FileField(label="DMN file", help_text="DMN 1.1 to 1.5 with decision tables, at most 2 MB")


@page("rule", "c")
def decision_import(request: HttpRequest) -> HttpResponse:
    form = DmnForm(request.POST or None, request.FILES or None, actor=request.user)
    if request.method == "POST" and form.is_valid():
        require(request.user, "rule", "c", noun="decision table")
        try:
            made = services.import_decisions(
                content=form.cleaned_data["file"].read(MOST_BYTES + 1),
                code=form.cleaned_data["code"],
                department=form.cleaned_data["department"],
                owner=request.user,
                actor=request.user,
            )
            require(request.user, "rule", "c", made[0], noun="decision table")
        except Refused as error:
            undo(request)
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, f"{len(made)} tables drafted" if len(made) > 1 else "Table drafted")
            return HttpResponseRedirect(reverse("record", args=["decisions", made[0].pk]))
    shown = pm.FormPage(
        title="Import a DMN file",
        form=form,
        crumbs=(*CRUMBS, pm.Crumb("DMN file")),
        submit_label="Import",
        cancel_url=reverse("list", args=["decisions"]),
    )
    return render(request, "pages/form.html", {"page": shown}, status=422 if form.errors else 200)
