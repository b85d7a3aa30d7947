"""The writers of workflows: drafts, published versions, and what starts cases by itself."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.records import write
from apps.workflows import publishing
from apps.workflows.bpmn import timers
from apps.workflows.bpmn.model import EventDefinition, Model, Node
from apps.workflows.bpmn.reading import read
from apps.workflows.bpmn.setting import Settings, set_element
from apps.workflows.bpmn.starting import first_diagram
from apps.workflows.bpmn.writing import write as write_model
from apps.workflows.events import definitions as events
from apps.workflows.models import Revision, Wait, Workflow

BY_ITSELF = ("timer", "message", "signal")


def draft_workflow(*, actor: Any, **values: Any) -> Workflow:
    """A new workflow is a draft; no case begins before it is published."""
    values["xml"] = _readable(values.get("xml") or first_diagram(values.get("name", "")))
    return write.create(Workflow(**values), actor=actor, fact=events.WorkflowDrafted)


def import_workflow(*, content: bytes, code: str, department: Any, owner: Any = None, actor: Any) -> Workflow:
    """The diagram of a file as a draft, under its own name."""
    model = read(content)
    process = model.process()
    named = next((one.name for one in model.participants if one.process == process.id and one.name), "")
    return draft_workflow(
        code=code,
        name=(process.name or named or code)[:120],
        department=department,
        owner=owner,
        xml=_text(content),
        actor=actor,
    )


def change_workflow(workflow: Workflow, *, actor: Any, version: int | None = None, **values: Any) -> Workflow:
    """Changes the draft and what surrounds it; running cases and the published version stay as they are."""
    if values.get("xml"):
        values["xml"] = _readable(values["xml"])
    elif "xml" in values:
        values["xml"] = workflow.xml
    return write.change(workflow, values, actor=actor, fact=events.WorkflowChanged, version=version)


def draw_workflow(workflow: Workflow, *, xml: str, actor: Any) -> Workflow:
    """Replaces the draft's diagram."""
    return change_workflow(workflow, xml=xml, actor=actor)


def set_step(
    workflow: Workflow, *, element: str, settings: Settings, actor: Any, version: int | None = None
) -> Workflow:
    """Changes what one element of the draft does; the rest of the drawing stays as it is."""
    xml = set_element(read(workflow.xml.encode()), element, settings)
    return change_workflow(workflow, xml=xml, actor=actor, version=version)


def publish_workflow(workflow: Workflow, *, note: str = "", actor: Any, now: datetime | None = None) -> Workflow:
    """New cases begin with the draft as it is now; it must be sound, and everything it names must exist."""
    with transaction.atomic():
        locked: Workflow = Workflow.objects.select_for_update(of=("self",)).get(pk=workflow.pk)
        model = publishing.refuse_unfit(locked.xml)
        digest = sha256(locked.xml.encode()).hexdigest()
        newest = locked.revisions.order_by("-number").first()
        if newest is not None and newest.sha256 == digest and newest.number == locked.published_number:
            raise Refused("The published version is the same. Change the diagram first.", code="nothing_new")
        number = (locked.revisions.aggregate(last=Max("number"))["last"] or 0) + 1
        Revision.objects.create(
            workflow=locked,
            department_id=locked.department_id,
            number=number,
            xml=locked.xml,
            sha256=digest,
            note=note,
            published_by=actor,
        )
        _await_starts(locked, model, now or timezone.now())
        return write.change(
            locked,
            {"published_number": number},
            actor=actor,
            fact=events.WorkflowPublished,
            number=number,
            sha256=digest,
        )


def take_back_version(workflow: Workflow, *, number: int, actor: Any) -> Workflow:
    """An earlier version becomes the draft again; publishing it is another step."""
    found = workflow.revisions.filter(number=number).first()
    if found is None:
        raise Refused(f"There is no version {number}.", code="unknown_version", field="number")
    return change_workflow(workflow, xml=found.xml, actor=actor)


def withdraw_workflow(workflow: Workflow, *, actor: Any) -> Workflow:
    """No new case begins; running ones go on."""
    with transaction.atomic():
        Wait.objects.filter(workflow=workflow, case__isnull=True).delete()
        return write.change(workflow, {"published_number": None}, actor=actor, fact=events.WorkflowChanged)


def archive_workflow(workflow: Workflow, *, actor: Any) -> Workflow:
    """Out of use; running cases go on."""
    with transaction.atomic():
        Wait.objects.filter(workflow=workflow, case__isnull=True).delete()
        return write.archive(workflow, actor=actor, fact=events.WorkflowChanged)


def restore_workflow(workflow: Workflow, *, actor: Any) -> Workflow:
    with transaction.atomic():
        restored = write.restore(workflow, actor=actor, fact=events.WorkflowChanged)
        if restored.published_number is not None:
            revision = restored.revisions.get(number=restored.published_number)
            _await_starts(restored, read(revision.xml.encode()), timezone.now())
        return restored


def _await_starts(workflow: Workflow, model: Model, now: datetime) -> None:
    """Times, messages and signals that start cases of the version that is published now."""
    Wait.objects.filter(workflow=workflow, case__isnull=True).delete()
    for start in model.process().body.starts():
        for event in start.events:
            if event.kind in BY_ITSELF:
                Wait.objects.create(
                    workflow=workflow,
                    department_id=workflow.department_id,
                    wait=0,
                    element=start.id[:200],
                    name=event.name[:200],
                    kind=event.kind,
                    **(_time(start, event, now) if event.kind == "timer" else {}),
                )


def _time(start: Node, event: EventDefinition, now: datetime) -> dict[str, Any]:
    """When a start by the clock comes first, and how often; the cycle itself is kept as the key."""
    cycle = timers.cycle(event.text) if event.timer == "cycle" else None
    length, at = timers.duration(event.text), timers.moment(event.text)
    if cycle is not None:
        due = cycle.start or cycle.every.after(now)
        while due <= now:
            due = cycle.every.after(due)
        return {"due_at": due, "left": cycle.times, "key": event.text}
    if length is not None:
        return {"due_at": length.after(now)}
    if at is None:
        raise Refused(
            f"Line {start.line}: “{start.title}” starts at “{event.text}”, which is no time. "
            "A start by the clock is written out, such as R/P1D.",
            code="no_time",
            field="xml",
        )
    return {"due_at": at}


def _readable(xml: str) -> str:
    """The diagram without the blanks and line ends that forms and files change."""
    plain = xml.replace("\r\n", "\n").strip()
    read(plain.encode(errors="replace"))
    return plain


def _text(content: bytes) -> str:
    """The file as text; one in another encoding is written anew."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return rewritten(content)
    head = text[:200].lower()
    return rewritten(content) if "encoding=" in head and "utf-8" not in head else text


def rewritten(content: bytes) -> str:
    return write_model(read(content)).decode()
