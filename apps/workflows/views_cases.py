"""Pages of workflows that are no list, record or form: files in and out, a version, and starting a case by its form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.models import User
from apps.core.access.rights import require, rights_of
from apps.core.actions.fields import ActionForm, RecordField
from apps.core.errors import Refused
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo
from apps.core.web.navigation import NavPage, add_page
from apps.org.models import Department
from apps.workflows import loading, panels_cases
from apps.workflows.bpmn import writing, xmltree
from apps.workflows.bpmn.model import Field
from apps.workflows.bpmn.reading import read
from apps.workflows.engine.values import plain
from apps.workflows.models import Revision, Workflow
from apps.workflows.services import cases, definitions

CRUMBS = (pm.Crumb("Settings"), pm.Crumb("Workflows", "/workflows/"))
WORK = (pm.Crumb("Operate"),)

add_page(
    NavPage(
        "case_begin",
        "Start a workflow",
        "circle-play",
        "Operate",
        22,
        lambda user: rights_of(user).can_somewhere("task", "c"),
    )
)


def _workflow(request: HttpRequest, key: int) -> Workflow:
    found: Workflow | None = Workflow.objects.visible_to(request.user).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


class ImportForm(ActionForm):
    """A BPMN file that becomes a workflow."""

    code = forms.SlugField(max_length=40, help_text="Short name used by other workflows, rules and files")
    department = RecordField(Department)
    file = forms.FileField(label="BPMN file", help_text="BPMN 2.0, at most 5 MB. What cannot run here is named")


@page("process", "c")
def workflow_import(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None, actor=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            made = definitions.import_workflow(
                content=form.cleaned_data["file"].read(xmltree.MOST_BYTES + 1),
                code=form.cleaned_data["code"],
                department=form.cleaned_data["department"],
                owner=request.user,
                actor=request.user,
            )
            require(request.user, "process", "c", made, noun="workflow")
        except Refused as error:
            undo(request)
            form.add_error(error.field if error.field in form.fields else "file", error.message)
        else:
            messages.success(request, "Workflow drafted")
            return HttpResponseRedirect(reverse("record", args=["workflows", made.pk]))
    shown = pm.FormPage(
        title="Import a BPMN file",
        form=form,
        crumbs=(*CRUMBS, pm.Crumb("BPMN file")),
        submit_label="Import",
        cancel_url=reverse("list", args=["workflows"]),
    )
    return render(request, "pages/form.html", {"page": shown}, status=422 if form.errors else 200)


@page("process", "r")
def workflow_file(request: HttpRequest, key: int) -> HttpResponse:
    """The draft as a BPMN file for other tools, with a layout where it had none."""
    workflow = _workflow(request, key)
    return _file(workflow.xml, workflow.code)


@page("process", "r")
def workflow_version_file(request: HttpRequest, key: int, number: int) -> HttpResponse:
    workflow, revision = _version(request, key, number)
    return _file(revision.xml, f"{workflow.code}-{number}")


def _file(xml: str, name: str) -> HttpResponse:
    answer = HttpResponse(writing.write(read(xml.encode())), content_type="application/xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.bpmn"'
    return answer


def _version(request: HttpRequest, key: int, number: int) -> tuple[Workflow, Revision]:
    workflow = _workflow(request, key)
    revision = workflow.revisions.filter(number=number).first()
    if revision is None:
        raise Http404
    return workflow, revision


@page("process", "r")
def workflow_version(request: HttpRequest, key: int, number: int) -> HttpResponse:
    """One published version: the picture and the same as a table."""
    workflow, revision = _version(request, key, number)
    model = loading.model_of(revision)
    current = number == workflow.published_number
    shown = pm.ChartPage(
        title=f"{workflow}, version {number}",
        verdict=pm.Alert(
            "This version is published." if current else "This version is retired.", revision.note, "info"
        ),
        crumbs=(*CRUMBS, pm.Crumb(workflow.code, reverse("record", args=["workflows", key])), pm.Crumb(str(number))),
        facts=f"SHA-256 {revision.sha256[:16]}",
        buttons=(pm.Button("Download BPMN", reverse("workflow_version_file", args=[key, number]), "download"),),
        sections=(
            pm.Section("Diagram", body=panels_cases.picture(model, f"Diagram of version {number}")),
            panels_cases.steps_section(model.process()),
        ),
    )
    return render(request, "pages/chart.html", {"page": shown})


# Starting -----------------------------------------------------------------------------------------------------------


def startable(user: Any) -> QuerySet[Any]:
    """Published workflows of one's departments and of those above that a person may start."""
    return Workflow.objects.choosable_by(user).select_related("department").order_by("name")


@page("task", "c")
def case_begin(request: HttpRequest) -> HttpResponse:
    """What one may start, each with what it is for."""
    rows = tuple(
        pm.Row(
            str(one.pk),
            reverse("case_start", args=[one.pk]),
            (
                pm.Cell(one.name, "link", url=reverse("case_start", args=[one.pk])),
                pm.Cell(one.purpose or "–"),
                pm.Cell(str(one.department)),
            ),
        )
        for one in startable(request.user)[:200]
    )
    columns = (
        pm.Column("name", "Workflow"),
        pm.Column("why", "What it is for", wide=True),
        pm.Column("of", "Owned by"),
    )
    empty = "Nothing is published for your department yet."
    shown = pm.ChartPage(
        title="Start a workflow",
        verdict=pm.Alert(f"{len(rows)} workflows can be started.", "Choose one; its form says what it needs.", "info"),
        crumbs=(*WORK, pm.Crumb("Start a workflow")),
        sections=(pm.Section("Workflows", table=pm.Table(columns, rows, "Workflows", empty)),),
    )
    return render(request, "pages/chart.html", {"page": shown})


class BeginForm(ActionForm):
    """The start form of a workflow, behind the few things every case has."""

    department = RecordField(Department)
    title = forms.CharField(max_length=160, required=False, help_text="What this case is about, in a few words")
    business_key = forms.CharField(
        max_length=120, required=False, label="For", help_text="Number of the order, complaint or person"
    )

    def __init__(self, asked: list[Field], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        for one in asked:
            field = form_field(one)
            if isinstance(field, RecordField):
                field.narrow(self.actor)
            self.fields[f"v_{one.name}"] = field

    def answers(self) -> dict[str, Any]:
        found = {one.name: self.cleaned_data.get(f"v_{one.name}") for one in self.asked}
        given = {name: value.pk if isinstance(value, User) else value for name, value in found.items()}
        return {name: plain(value) for name, value in given.items() if value not in (None, "")}


def form_field(one: Field) -> forms.Field:
    """A field of a diagram as a field of a page."""
    common: dict[str, Any] = {
        "label": f"{one.label} ({one.unit})" if one.unit else one.label,
        "required": one.required,
        "help_text": one.help,
    }
    match one.kind:
        case "number" | "reading":
            return forms.DecimalField(max_digits=20, decimal_places=6, **common)
        case "yesno":
            return forms.BooleanField(**{**common, "required": False})
        case "date":
            return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **common)
        case "choice":
            return forms.ChoiceField(choices=[("", "Choose …"), *((text, text) for text in one.choices)], **common)
        case "person":
            return RecordField(User, **common)
        case "long":
            return forms.CharField(max_length=8000, widget=forms.Textarea(attrs={"rows": 4}), **common)
    return forms.CharField(max_length=300, **common)


@page("task", "c")
def case_start(request: HttpRequest, key: int) -> HttpResponse:
    """Starts a case with its start form."""
    workflow = startable(request.user).filter(pk=key).first()
    if workflow is None:
        raise Http404
    asked = cases.start_fields(cases.current_revision(workflow))
    homes = sorted(rights_of(request.user).homes)
    form = BeginForm(
        asked, request.POST or None, actor=request.user, initial={"department": homes[0] if homes else None}
    )
    if request.method == "POST" and form.is_valid():
        try:
            case = cases.start_case(
                workflow=workflow,
                department=form.cleaned_data["department"],
                title=form.cleaned_data["title"],
                business_key=form.cleaned_data["business_key"],
                values=form.answers(),
                actor=request.user,
            )
            require(request.user, "task", "c", case, own="starter_id", noun="case")
        except Refused as error:
            undo(request)
            named = f"v_{error.field}"
            form.add_error(
                named if named in form.fields else error.field if error.field in form.fields else None, error.message
            )
        else:
            messages.success(request, f"{case.code} started")
            return HttpResponseRedirect(reverse("record", args=["cases", case.pk]))
    shown = pm.FormPage(
        title=f"Start {workflow.name}",
        form=form,
        facts=workflow.purpose,
        crumbs=(*WORK, pm.Crumb("Start a workflow", reverse("case_begin"))),
        submit_label="Start",
        cancel_url=reverse("case_begin"),
    )
    return render(request, "pages/form.html", {"page": shown}, status=422 if form.errors else 200)
