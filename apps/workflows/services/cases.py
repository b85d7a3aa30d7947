"""Cases: start, answer, put right, cancel; and what reaches them from tasks, timers, messages and each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.records import write
from apps.org.models import Department
from apps.work.fields import check_answers
from apps.workflows import loading
from apps.workflows.bpmn import timers
from apps.workflows.bpmn.model import Field
from apps.workflows.engine.state import State
from apps.workflows.engine.values import NoValue
from apps.workflows.events import cases as events
from apps.workflows.failpoints import failpoint
from apps.workflows.models import Case, Revision, Step, Wait, Workflow
from apps.workflows.publishing import field_data
from apps.workflows.services import moving, rows, working

DEEPEST = 20


def start_case(
    *,
    workflow: Workflow,
    department: Department | None = None,
    title: str = "",
    values: dict[str, Any] | None = None,
    node: str = "",
    actor: Any,
    responsible: User | None = None,
    now: datetime | None = None,
    **about: Any,
) -> Case:
    """A new case of the published version. `values` are what its start form asks for."""
    at = now or timezone.now()
    given = values or {}
    if not isinstance(given, dict):
        raise Refused("Send the values as an object by name.", code="wrong_type", field="values")
    with transaction.atomic():
        revision = current_revision(workflow)
        person = actor if isinstance(actor, User) else None
        case = Case(
            workflow=workflow,
            revision=revision,
            department=department or workflow.department,
            title=title or workflow.name,
            starter=person,
            responsible=responsible or person or workflow.owner,
            started_at=at,
            **about,
        )
        _check_place(case.department, person)
        case.code = case.code or next_code()
        write.create(case, actor=actor, fact=events.CaseStarted, workflow=workflow.code, revision_id=revision.pk)
        happening = {"kind": "start", "node": node, "values": _start_values(revision, node, given)}
        held = rows.Held(case, revision.sha256, workflow.code)
        moving.carry(held, [happening], now=at, actor=actor)
    return case


def _check_place(department: Department, person: User | None) -> None:
    """Who only has their own work starts cases in their own department."""
    rights = rights_of(person)
    reach = rights.reach("task", "c")
    if reach.own and not reach.everything and department.pk not in reach.departments | rights.homes:
        raise Refused("Start it in your own department.", code="not_your_department", field="department")


def start_fields(revision: Revision, node: str = "") -> list[Field]:
    """What the start form of a version asks for."""
    starts = loading.process_of(revision.pk, revision.sha256).body.starts()
    plain = [one for one in starts if (one.id == node if node else one.event_kind == "none")]
    return [field for one in plain for field in one.work.form]


def _start_values(revision: Revision, node: str, given: dict[str, Any]) -> dict[str, Any]:
    """Answers of the start form are checked like those of a task; other values come from callers and messages."""
    fields = [field_data(one) for one in start_fields(revision, node)]
    names = {one["name"] for one in fields}
    answers = check_answers(fields, {key: value for key, value in given.items() if key in names})
    return {key: value for key, value in given.items() if key not in names} | answers


def next_code() -> str:
    """Case numbers come from a sequence: thousands a minute may start, and a gap harms nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('workflows_case_number')")
        return f"C{cursor.fetchone()[0]}"


def current_revision(workflow: Workflow) -> Revision:
    if workflow.published_number is None or workflow.archived_at is not None:
        raise Refused(f"“{workflow}” is not published. Publish it first.", code="not_published", field="workflow")
    found: Revision = workflow.revisions.get(number=workflow.published_number)
    return found


def change_case(case: Case, *, actor: Any, version: int | None = None, **values: Any) -> Case:
    """Its title, its subject and who is responsible; never where it stands."""
    return write.change(case, values, actor=actor, fact=events.CaseChanged, version=version)


def cancel_case(case: Case, *, reason: str, actor: Any, now: datetime | None = None) -> Case:
    """Ends a running case; its open tasks and what it called are withdrawn."""
    _require_running(case)
    return moving.move(case.pk, {"kind": "cancel", "reason": reason}, now=now or timezone.now(), actor=actor)


def retry_step(
    case: Case,
    *,
    token: int | None = None,
    values: dict[str, Any] | None = None,
    actor: Any,
    now: datetime | None = None,
) -> Case:
    """What stopped is tried again, with values put right. Without a token every stopped step is."""
    _require_running(case)
    at = now or timezone.now()
    stuck = [one["id"] for one in case.engine["tokens"] if one["state"] == "stuck"]
    wanted = [token] if token is not None else stuck
    if not wanted or any(one not in stuck for one in wanted):
        raise Refused("No step of this case waits for help. Reload the page.", code="nothing_stuck")
    return moving.move(
        case.pk,
        *({"kind": "retry", "token": one, "values": values or {}} for one in wanted),
        now=at,
        actor=actor,
    )


def set_values(case: Case, *, values: dict[str, Any], actor: Any, now: datetime | None = None) -> Case:
    """Puts values of a running case right; conditions from here on see them."""
    _require_running(case)
    if not isinstance(values, dict):
        raise Refused("Send the values as an object by name.", code="wrong_type", field="values")
    return moving.move(case.pk, {"kind": "set", "values": values}, now=now or timezone.now(), actor=actor)


def tell_case(case: Case, *, message: str, values: dict[str, Any] | None = None, actor: Any) -> Case:
    """A message for this case alone; refused when it does not wait for it."""
    _require_running(case)
    waits = list(Wait.objects.filter(case=case, kind__in=("message", "signal"), name=message))
    if not waits:
        names = ", ".join(sorted(set(Wait.objects.filter(case=case, kind="message").values_list("name", flat=True))))
        hint = f"It waits for: {names}." if names else "It waits for no message."
        raise Refused(f"{case.code} does not wait for “{message}”. {hint}", code="not_awaited", field="message")
    for one in waits:
        fire(one.pk, values or {}, actor=actor)
    case.refresh_from_db()
    return case


def _require_running(case: Case) -> None:
    if not case.is_running:
        raise Refused(f"{case.code} is {case.get_state_display().lower()}. Nothing was changed.", code="not_running")


# What reaches cases from elsewhere ----------------------------------------------------------------------------------


def answer_step(task_id: int, values: dict[str, Any], *, actor: Any, now: datetime) -> None:
    """A person has done a step's task."""
    step = Step.objects.filter(task_id=task_id).first()
    if step is not None:
        moving.move(step.case_id, {"kind": "done", "token": step.token, "values": values}, now=now, actor=actor)


def stop_step(task_id: int, reason: str, *, actor: Any, now: datetime) -> None:
    """Somebody cancelled a step's task: the step waits for help. One that the case withdrew itself is gone already."""
    step = Step.objects.filter(task_id=task_id, left_at__isnull=True).first()
    if step is not None:
        words = f"Its task was cancelled{f': {reason}' if reason else ''}. Retry to open another, or cancel the case."
        moving.move(step.case_id, {"kind": "stopped", "token": step.token, "message": words}, now=now, actor=actor)


def fire(wait_id: int, values: dict[str, Any], *, actor: Any, now: datetime | None = None) -> bool:
    """What was awaited has come: the case goes on, or a new one starts. False when nobody waits for it any more."""
    at = now or timezone.now()
    found = Wait.objects.select_related("workflow__department").filter(pk=wait_id).first()
    if found is None:
        return False
    if found.case_id:
        return _fire_in_case(found.case_id, found.wait, values, actor=actor, now=at)
    start_case(workflow=found.workflow, node=found.element, values=values, actor=actor, now=at)
    if found.kind == "timer":
        _again(found, at)
    return True


def _fire_in_case(case_id: int, wait: int, values: dict[str, Any], *, actor: Any, now: datetime) -> bool:
    with transaction.atomic(savepoint=False):
        held = rows.hold(case_id)
        waits = held.case.engine["waits"] if held.case.is_running else ()
        if all(one["id"] != wait for one in waits):
            return False
        moving.carry(held, [{"kind": "fired", "wait": wait, "values": values}], now=now, actor=actor)
    return True


def _again(found: Wait, now: datetime) -> None:
    """A start by the clock is set to its next time, or is over."""
    cycle = timers.cycle(found.key) if found.key else None
    if cycle is None or found.left == 1:
        found.delete()
        return
    due = found.due_at or now
    while due <= now:  # a start missed while the platform was down is made up once
        due = cycle.every.after(due)
    Wait.objects.filter(pk=found.pk).update(
        due_at=due, told=False, left=found.left - 1 if found.left > 0 else found.left
    )


def run_service(case_id: int, token: int, *, now: datetime, actor: Any) -> None:
    """Runs a service task's action and moves on, in one transaction: never the one without the other."""
    held = rows.hold(case_id)
    case = held.case
    state = State.of(case.engine)
    here = state.tokens.get(token)
    if here is None or here.state != "active" or not case.is_running:
        return
    process = loading.process_of(case.revision_id, held.sha256)
    node = process.nodes[here.node]
    happening: dict[str, Any]
    try:
        with transaction.atomic():
            found = working.perform_action(case, node, state, process, token)
        failpoint("after_action")
        happening = {"kind": "done", "token": token, "values": found}
    except Refused as refusal:
        happening = {"kind": "failed", "token": token, "code": refusal.code, "message": refusal.message}
    except NoValue as problem:
        happening = {"kind": "stopped", "token": token, "message": str(problem)}
    moving.move(case_id, happening, now=now, actor=actor)


def give_up_service(case_id: int, token: int, *, now: datetime) -> None:
    """The action failed for technical reasons every time: a person has to look."""
    words = (
        "Its action failed several times for a technical reason. The parked effect says which; retry when it is mended."
    )
    moving.move(case_id, {"kind": "stopped", "token": token, "message": words}, now=now, actor=None)


def call_case(case_id: int, token: int, called: str, values: dict[str, Any], *, actor: Any, now: datetime) -> None:
    """Starts the case a call activity asks for, once."""
    parent = Case.objects.select_related("responsible", "department").get(pk=case_id)
    if not parent.is_running or Case.objects.filter(parent=parent, parent_token=token).exists():
        return
    try:
        if _depth(parent) >= DEEPEST:
            raise Refused(f"Workflows call each other more than {DEEPEST} deep.", code="too_deep")
        workflow = Workflow.objects.filter(code=called).first()
        if workflow is None:
            raise Refused(f"The called workflow “{called}” does not exist.", code="no_workflow")
        start_case(
            workflow=workflow,
            department=parent.department,
            title=f"{workflow.name} · {parent.title}"[:160],
            values=values,
            actor=actor,
            responsible=parent.responsible,
            now=now,
            parent=parent,
            parent_token=token,
            business_key=parent.business_key,
            about=parent.about,
        )
    except Refused as refusal:
        moving.move(case_id, {"kind": "stopped", "token": token, "message": refusal.message}, now=now, actor=actor)


def _depth(case: Case) -> int:
    depth, above = 0, case.parent_id
    while above and depth < DEEPEST:
        depth += 1
        above = Case.objects.values_list("parent_id", flat=True).get(pk=above)
    return depth


def hear_called(ended: dict[str, Any], *, actor: Any, now: datetime) -> None:
    """A called case has ended: its values are the results of the call activity."""
    if not ended.get("parent_id"):
        return
    token, state = ended["parent_token"], ended["state"]
    if state == Case.State.FINISHED:
        happening = {"kind": "done", "token": token, "values": ended["values"]}
    elif state == Case.State.FAILED:
        words = f"The called case failed with the error “{ended['outcome']}”."
        happening = {"kind": "failed", "token": token, "code": ended["outcome"], "message": words}
    else:
        happening = {"kind": "stopped", "token": token, "message": "The called case was cancelled."}
    moving.move(ended["parent_id"], happening, now=now, actor=actor)


def hear_escalation(case_id: int, code: str, *, actor: Any, now: datetime) -> None:
    case = Case.objects.get(pk=case_id)
    if case.parent_id:
        moving.move(
            case.parent_id, {"kind": "escalated", "token": case.parent_token, "code": code}, now=now, actor=actor
        )


def withdraw_called(case_id: int, token: int, *, actor: Any, now: datetime) -> None:
    for one in Case.objects.filter(parent_id=case_id, parent_token=token, state=Case.State.RUNNING):
        moving.move(one.pk, {"kind": "cancel", "reason": "The calling case went on"}, now=now, actor=actor)
