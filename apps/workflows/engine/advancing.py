"""The one door of the engine: what happened to a case gives its next state and what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from apps.workflows.bpmn.checks import COUNTERS, known_names
from apps.workflows.bpmn.model import Process
from apps.workflows.engine import activities
from apps.workflows.engine.effects import Effect, Stopped
from apps.workflows.engine.moving import attempt, drain, stop
from apps.workflows.engine.run import Run, Stuck
from apps.workflows.engine.state import ROOT, RUNNING, State
from apps.workflows.engine.throwing import catch_escalation, fail_activity, fire_wait, outer_of

Happening = Mapping[str, Any]


def advance(
    process: Process, state: State, happening: Happening, *, now: datetime, constants: Mapping[str, Any] | None = None
) -> tuple[State, list[Effect]]:
    """The next state and its effects; `state` is left as it was. The same arguments give the same answer.

    Happenings, by kind: start (node, values), done (token, values), fired (wait, values), failed (token, code, values),
    stopped (token, message), escalated (token, code), retry (token, values), set (values), cancel. One that comes too
    late, for a token or wait that is gone, changes nothing.
    """
    copied = State.of(state.plain())
    run = Run(process, copied, now, process_names(process), dict(constants or {}))
    if copied.status == RUNNING:
        HAPPENINGS[happening["kind"]](run, happening)
        drain(run)
    return copied, run.effects


def process_names(process: Process) -> Mapping[str, Any]:
    """Types of the values a process knows, worked out once per loaded process."""
    known = process.__dict__.get("_names")
    if known is None:
        counters = set(COUNTERS)
        known = {name: kind for name, kind in known_names(process).items() if name not in counters}
        process.__dict__["_names"] = known
    return known  # type: ignore[no-any-return]


def _start(run: Run, happening: Happening) -> None:
    scope = run.open(values=happening.get("values"))
    starts = run.process.body.starts()
    key = happening.get("node")
    plain = [one for one in starts if one.event_kind == "none"]
    chosen = [one for one in starts if one.id == key] if key else plain or list(starts[:1])
    activities.arm_events(run, scope.id)
    for node in chosen:
        run.arrive(scope.id, node.id)


def _done(run: Run, happening: Happening) -> None:
    token = run.state.tokens.get(happening["token"])
    if token is None or token.state != "active":
        return
    try:
        activities.complete(run, token, dict(happening.get("values") or {}))
    except Stuck as problem:
        stop(run, token, str(problem))


def _fired(run: Run, happening: Happening) -> None:
    wait = run.state.waits.get(happening["wait"])
    if wait is None:
        return
    token = run.state.tokens.get(wait.token)
    try:
        fire_wait(run, wait, dict(happening.get("values") or {}))
    except Stuck as problem:
        stop(run, token or next(reversed(run.state.tokens.values())), str(problem))


def _failed(run: Run, happening: Happening) -> None:
    """A business error of an activity; uncaught it stops there, for a person to decide."""
    token = run.state.tokens.get(happening["token"])
    if token is None:
        return
    code = happening["code"]
    if not fail_activity(run, token, code, dict(happening.get("values") or {})):
        stop(run, token, happening.get("message") or f"The error “{code}” came and nothing catches it.")


def _stopped(run: Run, happening: Happening) -> None:
    token = run.state.tokens.get(happening["token"])
    if token is not None and token.state == "active":
        token.state = "stuck"
        run.effects.append(Stopped(token.id, token.node, happening["message"]))


def _escalated(run: Run, happening: Happening) -> None:
    """A called case escalated; its own boundary may take it."""
    token = run.state.tokens.get(happening["token"])
    if token is not None:
        catch_escalation(run, outer_of(run, token), happening["code"])


def _retry(run: Run, happening: Happening) -> None:
    """A person has put right what stopped a token."""
    token = run.state.tokens.get(happening["token"])
    if token is None or token.state != "stuck":
        return
    run.set_values(token.scope, happening.get("values") or {})
    token.state, token.loop = "active", None
    run.disarm(token)
    attempt(run, token)


def _set(run: Run, happening: Happening) -> None:
    run.set_values(ROOT, happening.get("values") or {})


def _cancel(run: Run, happening: Happening) -> None:
    run.end("cancelled", happening.get("reason") or "")


HAPPENINGS: dict[str, Callable[[Run, Happening], None]] = {
    "start": _start,
    "done": _done,
    "fired": _fired,
    "failed": _failed,
    "stopped": _stopped,
    "escalated": _escalated,
    "retry": _retry,
    "set": _set,
    "cancel": _cancel,
}
