"""Moves one case: locks it, lets the engine work, and writes what came of it, all in one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.errors import Refused
from apps.core.events import context
from apps.core.events.facts import Fact
from apps.core.events.log import emit_many
from apps.core.models import plain
from apps.workflows import loading
from apps.workflows.bpmn.model import Node, Process
from apps.workflows.engine import effects as did
from apps.workflows.engine.advancing import advance
from apps.workflows.engine.state import State, Wait
from apps.workflows.events import cases as events
from apps.workflows.failpoints import failpoint
from apps.workflows.models import Case, Step
from apps.workflows.services import messages, rows, waiting, working

SHORT_CHAIN = 8
MOST_MOVES = 20_000


@dataclass
class Move:
    """What one move has done so far."""

    case: Case
    process: Process
    state: State
    now: datetime
    actor: Any
    queue: deque[dict[str, Any]]
    workflow: str
    happenings: list[dict[str, Any]] = field(default_factory=list)
    steps: rows.Steps = field(default_factory=rows.Steps)
    known: dict[int, Step] = field(default_factory=dict)
    entered: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    armed: list[Wait] = field(default_factory=list)
    stopped: int = 0

    def tell(self, kind: type[Fact], **values: Any) -> None:
        self.facts.append(kind(subject=self.case.subject(), departments=self.departments, **values))

    @property
    def departments(self) -> tuple[int, ...]:
        return self.case.departments_concerned()

    def step(self, token: int) -> Step | None:
        """The row of a token: made in this move, or read once."""
        found = self.steps.made.get(token) or self.known.get(token)
        if found is None:
            found = Step.objects.filter(case=self.case, token=token).first()
            if found is not None:
                self.known[token] = found
        return found


def constants(case: Case) -> dict[str, Any]:
    """Names every formula of a case may use besides its own values."""
    return {"caseNumber": case.code, "businessKey": case.business_key, "initiator": case.starter_id}


def move(case_id: int, *happenings: Mapping[str, Any], now: datetime, actor: Any) -> Case:
    """The case after these happenings. One that comes too late changes nothing."""
    # Whoever catches a refusal of a move keeps a savepoint of their own; most do not, so none is paid for here.
    with transaction.atomic(savepoint=False):
        held = rows.hold(case_id)
        if not held.case.is_running:
            return held.case
        carry(held, [dict(one) for one in happenings], now=now, actor=actor)
    return held.case


def carry(held: rows.Held, happenings: list[dict[str, Any]], *, now: datetime, actor: Any) -> None:
    """Lets the engine work, tells what came of it, and writes where the case stands now."""
    done = _run(held, happenings, now=now, actor=actor)
    if done.happenings:
        failpoint("before_telling")
        _tell(done)
        _save(done)


def _run(held: rows.Held, happenings: list[dict[str, Any]], *, now: datetime, actor: Any) -> Move:
    """Works through the happenings and what they ask for at once."""
    case = held.case
    state = State.of(case.engine) if case.engine else State()
    process = loading.process_of(case.revision_id, held.sha256)
    done = Move(case, process, state, now, actor, deque(happenings), held.workflow)
    given, plainly = constants(case), done.state.plain()
    while done.queue or _hear_kept(done):
        happening = {**done.queue.popleft(), "at": now.isoformat()}
        before = plainly
        done.state, effects = advance(process, done.state, happening, now=now, constants=given)
        plainly = done.state.plain()
        if plainly == before:
            continue
        done.happenings.append(plain(happening))
        for effect in effects:
            EFFECTS[type(effect)](done, effect)
        if case.moves + len(done.happenings) > MOST_MOVES:
            raise Refused(f"{case.code} has moved {MOST_MOVES} times; its workflow goes in circles.", code="circle")
    return done


def _hear_kept(done: Move) -> bool:
    """Once the case has come to rest: whether it now waits for a message that came before its time; then that happens."""
    while done.armed:
        wait = done.armed[0]
        kept = None
        if wait.id in done.state.waits:
            kept = messages.take(wait.name[:200], wait.key[:200], case=done.case, now=done.now)
        if kept is not None:
            done.queue.append({"kind": "fired", "wait": wait.id, "values": kept.values})
            return True
        done.armed.pop(0)
    return False


def _tell(done: Move) -> None:
    """The move itself and then what it asks others for. Long chains of causes are cut at the start of the case."""
    deep = context.current().depth > SHORT_CHAIN and done.case.began_with
    around = {"cause_id": done.case.began_with, "depth": SHORT_CHAIN} if deep else {}
    with context.entered(**around):
        told = emit_many([_moved(done), *done.facts], actor=done.actor)
    if done.case.began_with is None:
        done.case.began_with = told[0].pk


def _moved(done: Move) -> Fact:
    return events.CaseMoved(
        subject=done.case.subject(),
        departments=done.departments,
        title=str(done.case)[:200],
        workflow=done.workflow,
        revision_id=done.case.revision_id,
        happenings=done.happenings,
        entered=done.entered,
        left=done.left,
    )


def _save(done: Move) -> None:
    case = done.case
    failpoint("before_saving")
    case.engine = done.state.plain()
    case.moves += len(done.happenings)
    case.state, case.outcome = done.state.status, done.state.outcome[:120]
    case.stuck = sum(token.state == "stuck" for token in done.state.tokens.values())
    case.finished_at = None if case.is_running else done.now
    rows.save(case, done.steps, now=done.now)
    failpoint("after_saving")


# What each effect writes ------------------------------------------------------------------------------------------


def _entered(done: Move, effect: did.Entered) -> None:
    node = done.process.nodes[effect.node]
    done.entered.append(effect.node)
    done.steps.made[effect.token] = Step(
        case=done.case,
        department_id=done.case.department_id,
        token=effect.token,
        parent_token=effect.parent,
        element=effect.node[:200],
        name=node.title[:200],
        kind=node.kind,
        entered_at=done.now,
    )


def _left(done: Move, effect: did.Left) -> None:
    done.left.append(effect.node)
    state = Step.State.DONE.value if effect.how == "done" else Step.State.CANCELLED.value
    made = done.steps.made.get(effect.token)
    if made is not None:
        made.left_at, made.state = done.now, state
    else:
        done.steps.left[effect.token] = state


def _stopped(done: Move, effect: did.Stopped) -> None:
    step = done.step(effect.token)
    if step is not None:
        step.state, step.problem = Step.State.STUCK, effect.message
        _keep(done, step, "state", "problem")
    done.tell(
        events.CaseStuck,
        case_id=done.case.pk,
        token=effect.token,
        element=effect.node,
        name=done.process.nodes[effect.node].title,
        problem=effect.message,
    )


def _keep(done: Move, step: Step, *columns: str) -> None:
    """Rows made in this move are written at its end."""
    if step.token not in done.steps.made:
        Step.objects.filter(pk=step.pk).update(**{name: getattr(step, name) for name in columns})


def _wanted(done: Move, effect: did.Wanted) -> None:
    node, step = done.process.nodes[effect.node], done.step(effect.token)
    if step is not None and step.state == Step.State.STUCK:
        step.state, step.problem = Step.State.ACTIVE, ""
        _keep(done, step, "state", "problem")
    match effect.kind:
        case "user":
            _open_task(done, node, effect, step)
        case "rule":
            done.queue.append(working.decide(node, effect))
        case "service":
            done.tell(events.ServiceDue, case_id=done.case.pk, token=effect.token)
        case "call":
            done.tell(
                events.CaseCalled,
                case_id=done.case.pk,
                token=effect.token,
                called=node.work.called,
                values=plain(effect.values),
            )


def _open_task(done: Move, node: Node, effect: did.Wanted, step: Step | None) -> None:
    """A task that cannot be opened stops its step, not the case."""
    try:
        with transaction.atomic():
            task = working.open_task(done.case, done.process, node, effect, actor=done.actor, now=done.now)
    except Refused as refusal:
        done.queue.append({"kind": "stopped", "token": effect.token, "message": refusal.message})
        return
    if step is not None:
        step.task_id = task.pk
        _keep(done, step, "task_id")


def _withdrawn(done: Move, effect: did.Withdrawn) -> None:
    step = done.step(effect.token)
    if step is not None and step.task_id:
        working.withdraw_task(step.task_id, done.case, actor=done.actor)
    elif done.process.nodes[effect.node].kind == "callActivity":
        done.tell(events.CallWithdrawn, case_id=done.case.pk, token=effect.token)


def _sent(done: Move, effect: did.Sent) -> None:
    done.tell(events.MessageSent, message=effect.name, key=effect.key, values=plain(effect.values))


def _signalled(done: Move, effect: did.Signalled) -> None:
    done.tell(events.SignalSent, signal=effect.name, values=plain(effect.values))


def _armed(done: Move, effect: did.Armed) -> None:
    waiting.keep_wait(done.case, effect.wait, now=done.now)
    if effect.wait.kind == "message":
        done.armed.append(effect.wait)


def _disarmed(done: Move, effect: did.Disarmed) -> None:
    waiting.drop_wait(done.case, effect.wait)


def _escalated(done: Move, effect: did.Escalated) -> None:
    done.tell(events.CaseEscalated, case_id=done.case.pk, code=effect.code)


def _ended(done: Move, effect: did.Ended) -> None:
    case = done.case
    done.tell(
        events.CaseEnded,
        title=str(case)[:200],
        case_id=case.pk,
        workflow=done.workflow,
        state=effect.status,
        outcome=effect.outcome,
        values=plain(done.state.values),
        parent_id=case.parent_id,
        parent_token=case.parent_token,
        changes={"state": [Case.State.RUNNING, effect.status]},
    )


EFFECTS: dict[type[Any], Callable[[Move, Any], None]] = {
    did.Entered: _entered,
    did.Left: _left,
    did.Stopped: _stopped,
    did.Wanted: _wanted,
    did.Withdrawn: _withdrawn,
    did.Sent: _sent,
    did.Signalled: _signalled,
    did.Armed: _armed,
    did.Disarmed: _disarmed,
    did.Escalated: _escalated,
    did.Ended: _ended,
}
