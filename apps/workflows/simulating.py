"""One case tried on paper: the engine itself moves it, and a person says what would have happened; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.core.errors import Refused
from apps.work.fields import check_answers
from apps.workflows.bpmn.model import Field, Node, Process
from apps.workflows.engine.advancing import advance
from apps.workflows.engine.effects import Effect, Ended, Entered, Left, Sent, Signalled, Stopped, Wanted
from apps.workflows.engine.state import State, Token, Wait
from apps.workflows.publishing import field_data
from apps.workflows.services import working

MOST_STEPS = 200
KINDS = ("start", "done", "fired", "failed", "retry")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that happened on the way, for the person who watches."""

    node: str
    words: str
    tone: str = "idle"


@dataclass(slots=True)
class Played:
    """Where the tried case stands after what was said so far."""

    state: State = field(default_factory=State)
    path: list[Said] = field(default_factory=list)
    started: bool = False

    def open_tokens(self, process: Process) -> list[tuple[Token, Node]]:
        """What waits for somebody: activities and steps that need help, not gateways nor mere waiting events."""
        found = []
        for token in self.state.tokens.values():
            if token.state == "joining" or token.loop is not None or token.node not in process.nodes:
                continue
            node = process.nodes[token.node]
            inside = any(scope.owner == token.id for scope in self.state.scopes.values())
            if not inside and (
                token.state == "stuck" or node.kind.endswith("Task") or node.kind in ("task", "callActivity")
            ):
                found.append((token, node))
        return found

    def waits(self) -> list[Wait]:
        return list(self.state.waits.values())


def start_fields(process: Process) -> list[Field]:
    return [one for node in process.body.starts() if node.event_kind == "none" for one in node.work.form]


def play(process: Process, steps: Iterable[Mapping[str, Any]], *, now: datetime) -> Played:
    """Plays `steps` from the beginning: start, done, fired, failed, retry, each with the values somebody would give.

    Decision tables are asked as they are; actions, messages and called workflows are not run: the person says how
    they would end. Raises Refused where a step is none, comes too early, or gives answers its form refuses.
    """
    played = Played()
    for number, step in enumerate(steps, 1):
        if number > MOST_STEPS:
            raise Refused(f"A trial has at most {MOST_STEPS} steps. Start it again.", code="too_many")
        happening = _happening(process, played, step)
        _move(process, played, happening, now)
    return played


def _happening(process: Process, played: Played, step: Mapping[str, Any]) -> dict[str, Any]:
    kind, values = step.get("kind"), step.get("values") or {}
    if kind not in KINDS:
        raise Refused(f"A step of a trial is one of {', '.join(KINDS)}.", code="unknown_step", field="steps")
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise Refused("Give the values of a step as an object by name.", code="wrong_type", field="steps")
    if (kind == "start") == played.started:
        raise Refused("A trial begins with one start.", code="unknown_step", field="steps")
    if kind == "start":
        return _start(process, played, step, values)
    number = step.get("wait" if kind == "fired" else "token")
    known: Mapping[int, Any] = played.state.waits if kind == "fired" else played.state.tokens
    if not isinstance(number, int) or isinstance(number, bool) or number not in known:
        raise Refused(
            "Nothing of this trial waits there any more. Take the last step back.", code="gone", field="steps"
        )
    if kind == "fired":
        played.path.append(Said(known[number].node, "Came", "info"))
        return {"kind": "fired", "wait": number, "values": values}
    node = process.nodes[known[number].node]
    if kind == "done":
        return {"kind": "done", "token": number, "values": _answers(node.work.form, values)}
    if kind == "failed":
        code = step.get("code")
        if not isinstance(code, str) or not code:
            raise Refused("Give the code of the error.", code="required", field="code")
        played.path.append(Said(node.id, f"Failed with “{code}”", "bad"))
        return {"kind": "failed", "token": number, "code": code[:120], "values": values}
    return {"kind": "retry", "token": number, "values": values}


def _start(process: Process, played: Played, step: Mapping[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    played.started = True
    starts = {one.id: one for one in process.body.starts()}
    node = step.get("node") or ""
    if not isinstance(node, str) or (node and node not in starts):
        raise Refused(f"The diagram has no start “{node}”.", code="no_element", field="steps")
    form = starts[node].work.form if node else tuple(start_fields(process))
    return {"kind": "start", "node": node, "values": _answers(form, values)}


def _answers(form: Iterable[Field], values: dict[str, Any]) -> dict[str, Any]:
    """Answers a form asks for are checked as it would, photos apart; other values are taken as they come."""
    fields = [field_data(one) for one in form if one.kind != "photo"]
    names = {one["name"] for one in fields}
    return {key: value for key, value in values.items() if key not in names} | check_answers(
        fields, {key: value for key, value in values.items() if key in names}
    )


def _move(process: Process, played: Played, happening: dict[str, Any], now: datetime) -> None:
    queue = [happening]
    constants = {"caseNumber": "TRIAL", "businessKey": "", "initiator": 0}
    for _ in range(MOST_STEPS):
        if not queue:
            return
        played.state, effects = advance(process, played.state, queue.pop(0), now=now, constants=constants)
        for effect in effects:
            said = _said(process, effect)
            if said is not None:
                played.path.append(said)
            if isinstance(effect, Wanted) and effect.kind == "rule" and effect.token in played.state.tokens:
                queue.append(working.decide(process.nodes[effect.node], effect))
    raise Refused("The trial decides in circles. Look at the decision tables.", code="too_many")


def _said(process: Process, effect: Effect) -> Said | None:
    match effect:
        case Entered(node=node):
            return Said(node, "Begun") if node in process.nodes else None
        case Left(node=node, how=how):
            return Said(
                node, {"done": "Done", "failed": "Failed"}.get(how, "Cancelled"), "good" if how == "done" else "warn"
            )
        case Sent(node=node, name=name, key=key):
            return Said(node, f"Would send “{name}”{f' for {key}' if key else ''}", "info")
        case Signalled(node=node, name=name):
            return Said(node, f"Would signal “{name}”", "info")
        case Stopped(node=node, message=message):
            return Said(node, message, "bad")
        case Ended(status=status, outcome=outcome):
            return Said(
                "", f"The case {'ended' if status == 'finished' else status}{f': {outcome}' if outcome else ''}", "good"
            )
    return None
