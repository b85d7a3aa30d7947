"""The editor of a workflow's draft: the drawing board, and what each element does, as a form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.core.access.rights import require
from apps.core.errors import Refused
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo
from apps.workflows import forms_steps, panels_cases
from apps.workflows.bpmn import writing
from apps.workflows.bpmn.model import Flow, Node, Process
from apps.workflows.models import Workflow
from apps.workflows.services import definitions
from apps.workflows.views_cases import CRUMBS, _workflow


@dataclass(frozen=True, kw_only=True)
class EditorPage:
    title: str
    crumbs: tuple[pm.Crumb, ...]
    buttons: tuple[pm.Button, ...]
    steps: pm.Section | None
    picture: SafeString | str
    check: pm.Section
    board: dict[str, Any]  # what the drawing board of the browser needs; empty without its package
    facts: str = ""
    script: str = ""
    styles: tuple[str, ...] = ()


def _editable(request: HttpRequest, key: int) -> Workflow:
    workflow = _workflow(request, key)
    require(request.user, "process", "u", workflow, noun="workflow")
    if workflow.archived_at is not None:
        raise Refused("This workflow is archived. Restore it to change it.", code="wrong_state")
    return workflow


def crumbs_of(workflow: Workflow, last: str) -> tuple[pm.Crumb, ...]:
    return (*CRUMBS, pm.Crumb(workflow.code, reverse("record", args=["workflows", workflow.pk])), pm.Crumb(last))


@page("process", "u")
def workflow_editor(request: HttpRequest, key: int) -> HttpResponse:
    """Draw the draft; without the drawing package, or without scripts, its picture and steps are changed by forms."""
    workflow = _editable(request, key)
    model = panels_cases.readable(workflow)
    process = model.process() if model is not None else None
    packaged = settings.PACKAGED_FILES[settings.MODELER].is_file() and model is not None
    url = reverse("record", args=["workflows", key])
    shown = EditorPage(
        title=f"Draw {workflow}",
        crumbs=crumbs_of(workflow, "Editor"),
        facts="You change the draft. Running cases and the published version stay as they are.",
        buttons=(
            pm.Button("Try a case", reverse("workflow_trial", args=[key]), "circle-play"),
            pm.Button("Done", url, "check"),
        ),
        steps=_steps(workflow, process) if process is not None else None,
        picture=panels_cases.picture(model, f"Diagram of {workflow}") if model is not None else "",
        check=panels_cases.check_panel(workflow, request.user),
        board=_board(workflow, process) if packaged and process is not None else {},
        script=static(settings.MODELER) if packaged else "",
        styles=tuple(static(name) for name in settings.PACKAGED_FILES if name.endswith(".css")) if packaged else (),
    )
    template = "workflows/editor_steps.html" if request.GET.get("part") == "steps" else "workflows/editor.html"
    return render(request, template, {"page": shown, "workflow": workflow})


def _board(workflow: Workflow, process: Process) -> dict[str, Any]:
    address = f"/api/v1/workflows/{workflow.pk}/"
    return {
        "xml": writing.write(panels_cases.readable(workflow)).decode(),  # type: ignore[arg-type]
        "version": workflow.version,
        "save": address,
        "check": f"{address}check/",
        "settings": reverse("workflow_step", args=[workflow.pk, "ELEMENT"]),
        "steps": f"{reverse('workflow_editor', args=[workflow.pk])}?part=steps",
        "words": {
            "saved": _("Saved"),
            "unsaved": _("Not saved yet"),
            "sound": _("Nothing found: every case can end properly."),
            "checking": _("Checking"),
            "mend": _("To mend"),
            "advice": _("Advice"),
            "conflict": _("Somebody saved this first. Download your drawing, then open the page again."),
            "offline": _("The platform does not answer. Your drawing is still here: save again in a moment."),
            "unreadable": _("This diagram cannot be drawn here. Change it as a file."),
            "leave": _("Select a step to set what it does."),
        },
    }


def _steps(workflow: Workflow, process: Process) -> pm.Section:
    """Every element with its own form: the twin of the drawing for keyboards, readers and small screens."""
    section = panels_cases.steps_section(process)
    assert section.table is not None
    rows = tuple(
        pm.Row(row.key, _settings_url(workflow, row.key), (*row.cells, _link(workflow, row.key, "Set up")))
        for row in section.table.rows
    )
    columns = (*section.table.columns, pm.Column("set", "Settings"))
    flows = [flow for flow in _flows(process) if len(process.bodies[flow.source].out(flow.source)) > 1]
    extra = tuple(_flow_row(workflow, process, flow) for flow in flows)
    return pm.Section("Steps", table=pm.Table(columns, (*rows, *extra), "Steps", "The diagram is empty."))


def _flows(process: Process) -> list[Flow]:
    bodies = [process.body, *(node.body for node in process.nodes.values() if node.body is not None)]
    return [flow for body in bodies for flow in body.flows]


def _flow_row(workflow: Workflow, process: Process, flow: Flow) -> pm.Row:
    source, target = process.nodes[flow.source], process.nodes[flow.target]
    way = f"{source.title} → {target.title}"
    when = f"if {flow.condition}" if flow.condition else "otherwise" if source.default == flow.id else "–"
    cells = (pm.Cell(flow.name or way), pm.Cell("Way out"), pm.Cell(when), pm.Cell(target.title))
    return pm.Row(flow.id, _settings_url(workflow, flow.id), (*cells, _link(workflow, flow.id, "Set up")))


def _settings_url(workflow: Workflow, element: str) -> str:
    return reverse("workflow_step", args=[workflow.pk, element])


def _link(workflow: Workflow, element: str, words: str) -> pm.Cell:
    return pm.Cell(words, "link", url=_settings_url(workflow, element))


@page("process", "u")
def workflow_step(request: HttpRequest, key: int, element: str) -> HttpResponse:
    """What one element does: who, until when, which questions, which action, on which condition."""
    workflow = _editable(request, key)
    model = panels_cases.readable(workflow)
    if model is None:
        raise Refused("This diagram cannot be read. Replace it by a file first.", code="not_readable")
    process = model.process()
    found = forms_steps.element_of(process, element)
    form: Any = forms_steps.form_class(found)(
        request.POST or None, actor=request.user, record=workflow, initial=forms_steps.initial_of(process, found)
    )
    form.keep_current()
    if request.method == "POST" and form.is_valid():
        try:
            definitions.set_step(
                workflow, element=element, settings=form.settings(), actor=request.user, version=_version(request)
            )
        except Refused as error:
            undo(request)
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            if request.headers.get("HX-Request"):
                told = json.dumps({"ops:close": {}, "ops:drawn": {}})
                return HttpResponse(status=204, headers={"HX-Trigger": told})
            messages.success(request, "Step saved in the draft")
            return HttpResponseRedirect(reverse("workflow_editor", args=[key]))
    return render(request, *_form_page(request, workflow, process, found, form))


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _form_page(
    request: HttpRequest, workflow: Workflow, process: Process, found: Node | Flow, form: Any
) -> tuple[str, dict[str, Any], None, int]:
    if isinstance(found, Node):
        kind, title = panels_cases.KINDS.get(found.kind, found.kind), found.title
    else:
        kind = "Way out"
        title = found.name or f"{process.nodes[found.source].title} → {process.nodes[found.target].title}"
    shown = pm.FormPage(
        title=f"{kind}: {title}",
        form=form,
        url=_settings_url(workflow, found.id),
        facts="Saved in the draft of the diagram",
        crumbs=(*crumbs_of(workflow, "Editor"), pm.Crumb(title)),
        submit_label="Save",
        cancel_url=reverse("workflow_editor", args=[workflow.pk]),
        version=str(workflow.version),
    )
    template = "panels/form.html" if request.headers.get("HX-Request") else "pages/form.html"
    return template, {"page": shown, "request": request}, None, 422 if form.errors else 200
