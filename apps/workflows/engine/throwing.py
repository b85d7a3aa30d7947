"""Errors and escalations on their way up, and boundary events that fire."""

from __future__ import annotations

from typing import Any

from apps.workflows.bpmn.model import Node
from apps.workflows.engine.effects import Escalated
from apps.workflows.engine.leaving import leave
from apps.workflows.engine.run import Run
from apps.workflows.engine.state import ROOT, Token, Wait

FAILED = "failed"


def _catches(node: Node, kind: str, code: str) -> bool:
    return any(event.kind == kind and event.code in ("", code) for event in node.events)


def _best(nodes: list[Node], kind: str, code: str) -> Node | None:
    """The handler that names the code, else the one that takes any."""
    found = [one for one in nodes if _catches(one, kind, code)]
    exact = [one for one in found if any(event.code == code for event in one.events)]
    return next(iter([*exact, *found]), None)


def outer_of(run: Run, token: Token) -> Token:
    """The token that carries an activity's boundary events: a turn of a loop answers to its loop."""
    return run.state.tokens[token.parent] if token.parent else token


def fail_activity(run: Run, token: Token, code: str, values: dict[str, Any]) -> bool:
    """An activity failed with a business error; False when nothing catches it."""
    carrier = outer_of(run, token)
    handler = _best(list(run.body(carrier.scope).boundary(carrier.node)), "error", code)
    if handler is not None:
        fire_boundary(run, carrier, handler, values)
        return True
    return throw_error(run, carrier.scope, code, values)


def throw_error(run: Run, scope: int, code: str, values: dict[str, Any] | None = None) -> bool:
    """From a level upwards to the first that catches it. Uncaught, it fails the case when an error end event threw it."""
    given = values or {}
    while scope:
        here = run.state.scopes[scope]
        if here.owner or scope == ROOT:
            starts = _event_starts(run, scope)
            start = _best(starts, "error", code)
            if start is not None and not _inside(run, scope, start):
                run.set_values(scope, given)
                start_event_process(run, scope, start)
                return True
        if here.owner:
            carrier = outer_of(run, run.state.tokens[here.owner])
            handler = _best(list(run.body(carrier.scope).boundary(carrier.node)), "error", code)
            if handler is not None:
                fire_boundary(run, carrier, handler, given)
                return True
            scope = carrier.scope
        else:
            scope = here.parent
    return False


def throw_escalation(run: Run, scope: int, node: Node, code: str) -> None:
    """Tells the levels above; what is not caught is nobody's business and the case goes on."""
    while scope:
        here = run.state.scopes[scope]
        start = _best(_event_starts(run, scope), "escalation", code) if here.owner or scope == ROOT else None
        if start is not None and not _inside(run, scope, start):
            start_event_process(run, scope, start)
            return
        if here.owner:
            carrier = outer_of(run, run.state.tokens[here.owner])
            if catch_escalation(run, carrier, code):
                return
            scope = carrier.scope
        else:
            scope = here.parent
    run.effects.append(Escalated(node.id, code))


def catch_escalation(run: Run, carrier: Token, code: str) -> bool:
    handler = _best(list(run.body(carrier.scope).boundary(carrier.node)), "escalation", code)
    if handler is not None:
        fire_boundary(run, carrier, handler, {})
    return handler is not None


def _event_starts(run: Run, scope: int) -> list[Node]:
    parts = run.body(scope).event_processes()
    return [start for part in parts if part.body is not None for start in part.body.starts()]


def _inside(run: Run, scope: int, start: Node) -> bool:
    """Whether the handler already runs in this scope: what it throws itself goes further up."""
    part = owner_of(run, start)
    return any(one.scope == scope and one.node == part.id for one in run.state.tokens.values())


def owner_of(run: Run, start: Node) -> Node:
    """The event sub-process a start event stands in."""
    level = run.process.bodies[start.id]
    return next(node for _, node in run.process.body.walk() if node.body is level)


def start_event_process(run: Run, scope: int, start: Node) -> None:
    """Starts an event sub-process; an interrupting one ends everything else in its scope."""
    part = owner_of(run, start)
    if start.interrupting:
        run.clear(scope)
        for wait in [one for one in run.state.waits.values() if one.scope == scope]:
            run.drop(wait.id)
    token = run.put(scope, part.id)
    inner = run.open(parent=scope, owner=token.id, node=part.id)
    run.arrive(inner.id, start.id)


def fire_boundary(run: Run, carrier: Token, event: Node, values: dict[str, Any]) -> None:
    """A boundary event goes on by its own way; an interrupting one ends the activity."""
    scope = carrier.scope
    run.set_values(scope, values)
    if event.interrupting:
        run.cancel(carrier)
    run.arrive(scope, event.id)


def fail_case(run: Run, code: str) -> None:
    """An error that nothing catches ends the case."""
    run.end(FAILED, code)


def fire_wait(run: Run, wait: Wait, values: dict[str, Any]) -> None:
    """What was awaited has come."""
    event = run.node(wait.node)
    if not wait.token:
        if event.interrupting or not run.again(wait):
            run.drop(wait.id)
        run.set_values(wait.scope, values)
        start_event_process(run, wait.scope, event)
        return
    token = run.state.tokens[wait.token]
    if event.kind == "boundaryEvent":
        if not event.interrupting and run.again(wait):
            fire_boundary(run, token, event, values)
        else:
            run.drop(wait.id)
            fire_boundary(run, token, event, values)
        return
    scope = token.scope
    run.set_values(scope, values)
    if token.node != wait.node:  # an event gateway: the first event wins
        run.remove(token)
        token = run.put(scope, wait.node)
    leave(run, token)
