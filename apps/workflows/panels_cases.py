"""Parts of the record pages of workflows and cases: the drawing with its table, findings, versions, steps and values."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core.access.rights import reaches
from apps.core.errors import Refused
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.workflows import loading, publishing
from apps.workflows.bpmn.drawing import Mark, draw
from apps.workflows.bpmn.model import Model, Node, Process
from apps.workflows.bpmn.reading import read
from apps.workflows.models import Case, Message, Step, Wait, Workflow
from apps.workflows.services import migrating

CASE_TONES = {"running": "info", "finished": "good", "failed": "bad", "cancelled": "idle"}
STEP_TONES = {"active": "info", "stuck": "bad", "done": "good", "cancelled": "idle"}
SHOWN = 200
KINDS = {
    "userTask": "Task for a person", "manualTask": "Task by hand", "task": "Task", "serviceTask": "Action of the platform",
    "sendTask": "Sends a message", "receiveTask": "Waits for a message", "businessRuleTask": "Decision",
    "callActivity": "Another workflow", "subProcess": "Sub-process", "startEvent": "Start", "endEvent": "End",
    "intermediateCatchEvent": "Waits", "intermediateThrowEvent": "Tells", "boundaryEvent": "On the border",
    "exclusiveGateway": "One way", "parallelGateway": "All ways", "inclusiveGateway": "Some ways",
    "eventBasedGateway": "First event",
}  # fmt: skip


def case_state(case: Case) -> tuple[str, str]:
    if case.is_running and case.stuck:
        return "bad", "Needs help"
    return CASE_TONES[case.state], case.get_state_display()


def picture(model: Model, title: str, marks: dict[str, Mark] | None = None) -> SafeString:
    return format_html(
        '<div class="o-scroll o-map" tabindex="0" role="region" aria-label="{}">{}</div>',
        title,
        draw(model, title=title, marks=marks),
    )


# Workflows ----------------------------------------------------------------------------------------------------------


def readable(workflow: Workflow) -> Model | None:
    """The draft, unless it cannot be read; the check then says why."""
    try:
        return read(workflow.xml.encode())
    except Refused:
        return None


def diagram_panel(workflow: Workflow, user: Any) -> pm.Section | None:
    """The draft as a picture, with what runs at each step."""
    model = readable(workflow)
    if model is None:
        return None
    counts = dict(
        Step.objects.filter(case__workflow=workflow, left_at__isnull=True)
        .values_list("element")
        .annotate(count=Count("id"))
        .values_list("element", "count")
    )
    marks = {key: Mark("info", str(count), f"{count} here now") for key, count in counts.items()}
    return pm.Section(
        "Diagram",
        note="The numbers count open cases at each step" if marks else "",
        body=picture(model, f"Diagram of {workflow}", marks),
        button=pm.Button("Download BPMN", reverse("workflow_file", args=[workflow.pk]), "download"),
        links=_doors(workflow, user),
    )


def _doors(workflow: Workflow, user: Any) -> tuple[pm.Connection, ...]:
    """The pages around a diagram; drawing only for whom it is."""
    found = [
        pm.Connection("Heat map", reverse("workflow_heat", args=[workflow.pk]), "chart-column"),
        pm.Connection("Figures of its ended cases", reverse("log_figures", args=[workflow.pk]), "chart-line"),
        pm.Connection("Try a case", reverse("workflow_trial", args=[workflow.pk]), "circle-play"),
    ]
    if workflow.archived_at is None and reaches(user, "process", "u", workflow):
        found.insert(0, pm.Connection("Draw", reverse("workflow_editor", args=[workflow.pk]), "pencil"))
    return tuple(found)


def steps_panel(workflow: Workflow, user: Any) -> pm.Section | None:
    """The same as a table: what follows what, and who does it."""
    model = readable(workflow)
    return None if model is None else steps_section(model.process())


def steps_section(process: Process) -> pm.Section:
    rows = tuple(_node_row(process, node) for node in process.nodes.values())
    columns = (
        pm.Column("name", "Step", wide=True),
        pm.Column("kind", "Kind"),
        pm.Column("who", "Who or what"),
        pm.Column("then", "Then"),
    )
    return pm.Section("Steps", table=pm.Table(columns, rows, "Steps", "The diagram is empty."))


def _node_row(process: Process, node: Node) -> pm.Row:
    body = process.bodies[node.id]
    ways = []
    for flow in body.out(node.id):
        if_ = f" if {flow.condition}" if flow.condition else " otherwise" if flow.id == node.default else ""
        ways.append(body.by_id[flow.target].title + if_)
    role = node.work.role or process.roles.get(node.id, "")
    who = node.work.assignee or role or node.work.action or node.work.decision or node.work.called
    if node.event is not None:
        who = who or node.event.text or node.event.name or node.event.code
    return pm.Row(
        node.id,
        "",
        (
            pm.Cell(node.title),
            pm.Cell(KINDS.get(node.kind, node.kind)),
            pm.Cell(who or cells.DASH),
            pm.Cell("; ".join(ways) or cells.DASH),
        ),
    )


def check_panel(workflow: Workflow, user: Any) -> pm.Section:
    """What keeps the draft from being published, at its place."""
    try:
        found = publishing.check(workflow.xml)
    except Refused as refusal:
        return pm.Section("Check", error=refusal.message)
    serious = sum(one.serious for one in found)
    status = pm.Cell("Ready to publish", "status", tone="good")
    if serious:
        status = pm.Cell(f"{serious} to mend", "status", tone="bad")
    rows = tuple(
        pm.Row(
            f"{one.element}-{at}",
            "",
            (
                pm.Cell("To mend" if one.serious else "Advice", "status", tone="bad" if one.serious else "idle"),
                pm.Cell(one.message),
                pm.Cell(str(one.line), "number"),
            ),
        )
        for at, one in enumerate(found)
    )
    columns = (
        pm.Column("how", "Finding"),
        pm.Column("what", "What and why", wide=True),
        pm.Column("line", "Line", "end"),
    )
    table = pm.Table(columns, rows, "Check", "Nothing found: every case can end properly.")
    return pm.Section("Check", status=status, table=table)


def versions_panel(workflow: Workflow, user: Any) -> pm.Section:
    zone = cells.zone_of(user)
    running = dict(
        Case.objects.filter(workflow=workflow, state=Case.State.RUNNING)
        .values_list("revision")
        .annotate(count=Count("id"))
        .values_list("revision", "count")
    )
    rows = []
    for one in workflow.revisions.select_related("published_by").order_by("-number")[:20]:
        current = one.number == workflow.published_number
        url = reverse("workflow_version", args=[workflow.pk, one.number])
        rows.append(
            pm.Row(
                str(one.pk),
                url,
                (
                    pm.Cell(f"Version {one.number}", "link", url=url),
                    pm.Cell("Published" if current else "Retired", "status", tone="good" if current else "idle"),
                    pm.Cell(one.note or cells.DASH),
                    cells.plain_cell(one.published_at, zone),
                    pm.Cell(str(one.published_by or cells.DASH)),
                    pm.Cell(str(running.get(one.pk, 0)), "number"),
                ),
            )
        )
    columns = (
        pm.Column("number", "Version"),
        pm.Column("state", "State"),
        pm.Column("note", "What is new", wide=True),
        pm.Column("at", "Published"),
        pm.Column("by", "By"),
        pm.Column("running", "Running cases", "end"),
    )
    return pm.Section("Versions", table=pm.Table(columns, tuple(rows), "Versions", "Not published yet."))


def migration_panel(workflow: Workflow, user: Any) -> pm.Section | None:
    """Running cases of other versions: which can go on with the published one, and why the others cannot."""
    if not workflow.published_number or not reaches(user, "process", "u", workflow):
        return None
    rows = []
    for verdict in migrating.preview(workflow, most=SHOWN):
        url = reverse("record", args=["cases", verdict.case.pk])
        rows.append(
            pm.Row(
                str(verdict.case.pk),
                url,
                (
                    pm.Cell(f"{verdict.case.code} {verdict.case.title}", "link", url=url),
                    pm.Cell(f"Version {verdict.case.revision.number}"),
                    pm.Cell("Can" if verdict.can else "Cannot", "status", tone="good" if verdict.can else "warn"),
                    pm.Cell(verdict.reason or cells.DASH),
                ),
            )
        )
    if not rows:
        return None
    columns = (
        pm.Column("case", "Case"),
        pm.Column("now", "Runs with"),
        pm.Column("can", f"To version {workflow.published_number}"),
        pm.Column("why", "Why not", wide=True),
    )
    return pm.Section(
        "Cases of earlier versions", table=pm.Table(columns, tuple(rows), "Cases of earlier versions", "")
    )


# Cases --------------------------------------------------------------------------------------------------------------


def case_diagram_panel(case: Case, user: Any) -> pm.Section:
    """Where the case is, on the version it began with."""
    marks: dict[str, Mark] = {}
    for element, state in Step.objects.filter(case=case).order_by("id").values_list("element", "state"):
        tone = STEP_TONES[state]
        bubble = "!" if state == "stuck" else "now" if state == "active" else ""
        if element not in marks or tone in ("info", "bad"):
            marks[element] = Mark(tone, bubble, Step.State(state).label)
    model = loading.model_of(case.revision)
    note = f"Version {case.revision.number} of {case.workflow}"
    return pm.Section("Where it is", note=note, body=picture(model, f"Diagram of {case.code}", marks))


def case_steps_panel(case: Case, user: Any) -> pm.Section:
    zone = cells.zone_of(user)
    rows = []
    for one in Step.objects.filter(case=case).order_by("id")[:SHOWN]:
        tone: Any = STEP_TONES[one.state]
        url = reverse("record", args=["tasks", one.task_id]) if one.task_id else ""
        rows.append(
            pm.Row(
                str(one.pk),
                url,
                (
                    pm.Cell(str(one.token), "number"),
                    pm.Cell(one.name, "link", url=url) if url else pm.Cell(one.name),
                    pm.Cell(KINDS.get(one.kind, one.kind)),
                    pm.Cell(one.get_state_display(), "status", tone=tone),
                    cells.plain_cell(one.entered_at, zone),
                    cells.plain_cell(one.left_at, zone),
                    pm.Cell(one.problem if one.state == "stuck" else cells.DASH),
                ),
            )
        )
    columns = (
        pm.Column("token", "No.", "end"),
        pm.Column("name", "Step", wide=True),
        pm.Column("kind", "Kind"),
        pm.Column("state", "State"),
        pm.Column("in", "Begun"),
        pm.Column("out", "Left"),
        pm.Column("problem", "What stops it"),
    )
    return pm.Section("Steps", table=pm.Table(columns, tuple(rows), "Steps", "No step yet."))


def values_panel(case: Case, user: Any) -> pm.Section | None:
    facts = tuple(pm.Fact(name, pm.Cell(_said(value))) for name, value in sorted(case.values.items()))
    return pm.Section("Values", facts=facts) if facts else None


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return cells.DASH if value in (None, "", []) else str(value)[:500]


def waits_panel(case: Case, user: Any) -> pm.Section | None:
    """What the case waits for besides people."""
    zone = cells.zone_of(user)
    words = {"timer": "A time", "message": "A message", "signal": "A signal"}
    rows = tuple(
        pm.Row(
            str(one.pk),
            "",
            (
                pm.Cell(words.get(one.kind, one.kind)),
                pm.Cell(one.name or one.element),
                pm.Cell(one.key or cells.DASH),
                cells.plain_cell(one.due_at, zone),
            ),
        )
        for one in Wait.objects.filter(case=case).order_by("due_at", "id")[:SHOWN]
    )
    columns = (
        pm.Column("kind", "Waits for"),
        pm.Column("name", "Name", wide=True),
        pm.Column("key", "For"),
        pm.Column("due", "Comes"),
    )
    return pm.Section("Waits for", table=pm.Table(columns, rows, "Waits for", "")) if rows else None


def called_panel(case: Case, user: Any) -> pm.Section | None:
    """The case that called this one, and those it called."""
    found = list(Case.objects.filter(parent=case).order_by("id")[:SHOWN])
    if case.parent is not None:
        found.insert(0, case.parent)
    links = tuple(
        pm.Connection(
            f"{'Called by ' if one.pk == case.parent_id else ''}{one.code} {one.title}",
            reverse("record", args=["cases", one.pk]),
            "workflow",
        )
        for one in found
    )
    return pm.Section("Calls", links=links) if links else None


MESSAGE_TONES = {
    Message.State.KEPT: "hold",
    Message.State.TAKEN: "good",
    Message.State.EXPIRED: "bad",
    Message.State.DISCARDED: "idle",
}


def message_state(message: Message) -> tuple[str, str]:
    state = Message.State(message.state)
    return MESSAGE_TONES[state], str(state.label)


def message_panel(message: Message, user: Any) -> pm.Section:
    """What the message carries."""
    facts = tuple(
        pm.Fact(str(name), pm.Cell(str(value)[:300])) for name, value in sorted(message.values.items())[:SHOWN]
    )
    return pm.Section("What it carries", facts=facts, text="" if facts else "Nothing but its name.")
