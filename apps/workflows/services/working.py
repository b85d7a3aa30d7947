"""The work of a step: tasks for people, decisions, and actions of the platform."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.core.actions.action import perform
from apps.core.errors import Refused
from apps.core.resources.resource import by_path, of_subject
from apps.work import services as work
from apps.work.models import Task
from apps.workflows.bpmn import timers
from apps.workflows.bpmn.model import Node, Process
from apps.workflows.engine.advancing import process_names
from apps.workflows.engine.effects import Wanted
from apps.workflows.engine.state import State
from apps.workflows.engine.values import NoValue, evaluate
from apps.workflows.models import Case
from apps.workflows.publishing import field_data
from apps.workflows.services import decisions


def open_task(case: Case, process: Process, node: Node, effect: Wanted, *, actor: Any, now: datetime) -> Task:
    """One task in the inbox of whom the diagram names: a person, else a role, else the role of the lane."""
    asked = node.work
    person = _person(case, process, node, effect)
    due = timers.duration(asked.due) if asked.due else None
    return work.open_task(
        title=f"{node.title} · {case.title}"[:160],
        department=case.department,
        actor=actor,
        assignee=person,
        role="" if person is not None else (asked.role or process.roles.get(node.id, "")),
        about=case.about or case.subject(),
        source=case.subject(),
        description=_told(node, effect.values),
        form=[field_data(one) for one in asked.form],
        checklist=list(asked.checklist),
        due_at=due.after(now) if due is not None else None,
        sla_minutes=asked.sla_minutes or None,
        skill=asked.skill,
        photo=asked.photo,
        signature=asked.signature,
        priority=asked.priority or "normal",
    )


def _told(node: Node, values: dict[str, Any]) -> str:
    """What to do, and what is known: only what the step maps, so that nobody is told more than the drawing says."""
    lines = [node.documentation] if node.documentation else []
    if node.work.inputs:
        lines += [f"{one.target}: {values.get(one.target)}" for one in node.work.inputs]
    return "\n".join(lines)


def _person(case: Case, process: Process, node: Node, effect: Wanted) -> User | None:
    """The user that the assignee formula names by key or by user name; a plain word is a user name."""
    text = node.work.assignee
    if not text:
        return None
    known = {**case.values, **effect.values, "initiator": case.starter_id, "caseNumber": case.code}
    try:
        found = evaluate(text, known, process_names(process))
    except NoValue:
        found = text
    by_key = isinstance(found, int) or (isinstance(found, str) and found.isdigit())
    named = {"pk": int(found)} if by_key else {"username": str(found or text)}
    person: User | None = User.objects.filter(is_active=True, **named).first()
    return person


def withdraw_task(task_id: int, case: Case, *, actor: Any) -> None:
    """The step was left another way; an open task of it is cancelled."""
    task = Task.objects.filter(pk=task_id).first()
    if task is not None and task.is_open:
        work.cancel_task(task, reason=f"{case.code} went on without it", actor=actor)


def decide(node: Node, effect: Wanted) -> dict[str, Any]:
    """What the decision table says, as the next happening of the case."""
    try:
        outcome = decisions.decide(node.work.decision, effect.values)
    except Refused as refusal:
        return {"kind": "stopped", "token": effect.token, "message": refusal.message}
    value = outcome.value
    if isinstance(value, dict):
        values = dict(value)
    else:
        values = {node.work.result or "outcome": value}
    return {"kind": "done", "token": effect.token, "values": values}


def perform_action(case: Case, node: Node, state: State, process: Process, token: int) -> dict[str, Any]:
    """Runs the action a service task names, as the person responsible for the case; its record is the result."""
    path, _, name = node.work.action.rpartition(".")
    resource = by_path(path)
    action = resource.action(name) if resource is not None else None
    if resource is None or action is None or not action.automation:
        raise Refused(f"“{node.title}” names the action “{node.work.action}”, which does not exist.", code="no_action")
    if case.responsible is None:
        raise Refused(f"Nobody is responsible for {case.code}. Name a person and retry.", code="nobody")
    known = known_values(case, state, token)
    declared = process_names(process)
    data = {one.target: _text(evaluate(one.source, known, declared)) for one in node.work.values}
    record = None
    if node.work.record:
        record = _record(str(evaluate(node.work.record, known, declared) or ""), node)
    done = perform(
        action,
        row=resource.row,
        noun=resource.noun,
        actor=case.responsible,
        data={key: value for key, value in data.items() if value is not None},
        record=record,
        version=getattr(record, "version", None),
        own=resource.own,
    )
    if not node.work.result or not hasattr(done, "subject"):
        return {}
    return {node.work.result: done.subject(), f"{node.work.result}_id": done.pk}


def known_values(case: Case, state: State, token: int) -> dict[str, Any]:
    """The values that hold at a token, inner ones first."""
    found: dict[str, Any] = {"caseNumber": case.code, "businessKey": case.business_key, "initiator": case.starter_id}
    chain = []
    scope = state.tokens[token].scope
    while scope:
        chain.append(state.scopes[scope])
        scope = state.scopes[scope].parent
    for one in reversed(chain):
        found.update(one.values)
    return found


def _text(value: Any) -> Any:
    return "" if value is None or value is False else "on" if value is True else str(value)


def _record(subject: str, node: Node) -> Any:
    found = of_subject(subject)
    record = found[0].model.objects.filter(pk=found[1]).first() if found is not None else None
    if record is None:
        raise Refused(f"“{node.title}” acts on “{subject}”, which does not exist.", code="no_record")
    return record
