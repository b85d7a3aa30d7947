"""Activities: tasks that ask the world for work, levels inside, and turns of a loop."""

from __future__ import annotations

from typing import Any

from apps.workflows.bpmn.model import EventDefinition, Loop, Node
from apps.workflows.engine.effects import Sent, Wanted
from apps.workflows.engine.leaving import leave, set_results
from apps.workflows.engine.run import Run, Stuck
from apps.workflows.engine.state import Token

WORK = {
    "task": "user", "manualTask": "user", "userTask": "user", "serviceTask": "service",
    "businessRuleTask": "rule", "callActivity": "call",
}  # fmt: skip
MOST_TURNS = 1_000


def begin(run: Run, token: Token) -> None:
    """A token has come to an activity."""
    node = run.node(token.node)
    if not token.parent:
        for event in run.body(token.scope).boundary(node.id):
            for awaited in event.events:
                if awaited.kind in ("timer", "message", "signal"):
                    run.arm(awaited, event.id, scope=token.scope, token=token.id)
    if node.loop is not None and not token.parent:
        begin_loop(run, token, node, node.loop)
    else:
        begin_work(run, token, node)


def begin_work(run: Run, token: Token, node: Node) -> None:
    if node.body is not None:
        open_level(run, token, node)
    elif node.kind == "sendTask":
        send(run, token.scope, node, node.work.message or node.title, node.work.key)
        complete(run, token, {})
    elif node.kind == "receiveTask":
        receive(run, token, node)
    else:
        run.effects.append(Wanted(token.id, node.id, WORK[node.kind], handed(run, token, node)))


def receive(run: Run, token: Token, node: Node) -> None:
    awaited = EventDefinition(kind="message", name=node.work.message or node.title, key=node.work.key)
    run.arm(awaited, node.id, scope=token.scope, token=token.id)


def handed(run: Run, token: Token, node: Node) -> dict[str, Any]:
    """What the work is given: the mapped inputs, else all values that hold here."""
    if node.work.inputs:
        return {one.target: run.evaluate(one.source, token.scope) for one in node.work.inputs}
    return {name: value for name, value in run.values(token.scope).items() if name not in run.constants}


def send(run: Run, scope: int, node: Node, name: str, key: str) -> None:
    given = run.evaluate(key, scope) if key else ""
    values = {one.target: run.evaluate(one.source, scope) for one in node.work.inputs}
    run.effects.append(Sent(node.id, name, "" if given is None else str(given), values))


def open_level(run: Run, token: Token, node: Node) -> None:
    """Starts a sub-process, and begins to wait for the events that start its event sub-processes."""
    scope = run.open(parent=token.scope, owner=token.id, node=node.id)
    arm_events(run, scope.id)
    body = node.body
    if body is not None:
        for start in body.starts():
            run.arrive(scope.id, start.id)


def arm_events(run: Run, scope: int) -> None:
    for part in run.body(scope).event_processes():
        if part.body is not None:
            for start in part.body.starts():
                for event in start.events:
                    if event.kind in ("timer", "message", "signal"):
                        run.arm(event, start.id, scope=scope)


def complete(run: Run, token: Token, values: dict[str, Any]) -> None:
    """The work of an activity is done: its results are set and the token goes on, or the loop turns."""
    set_results(run, token, values)
    if token.parent:
        end_turn(run, token, values)
    elif run.node(token.node).by_event:
        run.remove(token)
    else:
        leave(run, token)


# Loops --------------------------------------------------------------------------------------------------------------


def begin_loop(run: Run, token: Token, node: Node, loop: Loop) -> None:
    token.loop = {"total": _total(run, token, loop), "next": 0, "done": 0, "results": [], "yes": {}}
    if loop.kind == "standard" and loop.test_before and not _goes_on(run, token, loop):
        token.loop["total"] = 0
    if not token.loop["total"]:
        end_loop(run, token, node, loop)
        return
    turns = token.loop["total"] if loop.kind == "parallel" else 1
    for _ in range(turns):
        begin_turn(run, token, node, loop)


def _total(run: Run, token: Token, loop: Loop) -> int:
    if loop.kind == "standard":
        return loop.most or MOST_TURNS
    if loop.collection:
        items = run.values(token.scope).get(loop.collection)
        if not isinstance(items, list):
            raise Stuck(f"“{loop.collection}” should be a list to go through, and is not. Set it and retry.")
        count = len(items)
    else:
        found = run.evaluate(loop.count or "1", token.scope)
        if isinstance(found, bool) or not isinstance(found, int):
            raise Stuck(f"The number of repetitions “{loop.count}” gives {found!r}, which is no whole number.")
        count = found
    if not 0 <= count <= MOST_TURNS:
        raise Stuck(f"{count} repetitions are asked for; {MOST_TURNS} are possible.")
    return count


def begin_turn(run: Run, outer: Token, node: Node, loop: Loop) -> None:
    state = outer.loop or {}
    turn = state["next"]
    state["next"] = turn + 1
    own: dict[str, Any] = {"loopCounter": turn + 1}
    if loop.collection:
        items = run.values(outer.scope).get(loop.collection) or []
        own[loop.item or "item"] = items[turn] if turn < len(items) else None
    scope = run.open(parent=outer.scope, node=node.id, values=own)
    token = run.put(scope.id, node.id, parent=outer.id, turn=turn + 1)
    begin_work(run, token, node)


def end_turn(run: Run, token: Token, values: dict[str, Any]) -> None:
    """One turn is done: go on with the next, or end the loop, at once when its condition says so."""
    outer = run.state.tokens[token.parent]
    node, state = run.node(outer.node), outer.loop or {}
    loop = node.loop
    if loop is None:
        return
    state["done"] += 1
    answered = {name: value for name, value in values.items() if name not in run.constants}
    state["results"].append(next(iter(answered.values())) if len(answered) == 1 else answered)
    for name, value in answered.items():
        if value is True:
            state["yes"][name] = state["yes"].get(name, 0) + 1
        if isinstance(value, bool):
            run.set_values(outer.scope, {f"{name}_count": state["yes"].get(name, 0)})
    enough = _enough(run, token, outer, loop)
    scope = token.scope
    run.remove(token)
    run.state.scopes.pop(scope, None)
    if enough or state["done"] >= state["total"] or (loop.kind == "standard" and not _goes_on(run, outer, loop)):
        for other in [one for one in run.state.tokens.values() if one.parent == outer.id]:
            beside = other.scope
            run.cancel(other)
            run.state.scopes.pop(beside, None)
        end_loop(run, outer, node, loop)
    elif loop.kind != "parallel":
        begin_turn(run, outer, node, loop)


def _enough(run: Run, token: Token, outer: Token, loop: Loop) -> bool:
    if not loop.until or loop.kind == "standard":
        return False
    state = outer.loop or {}
    active = len([one for one in run.state.tokens.values() if one.parent == outer.id]) - 1
    counters = {
        "nrOfInstances": state["total"],
        "nrOfCompletedInstances": state["done"],
        "nrOfActiveInstances": active,
    }
    return run.holds(loop.until, token.scope, counters)


def _goes_on(run: Run, outer: Token, loop: Loop) -> bool:
    """A standard loop turns while its condition holds; without one it turns as often as it may."""
    turns = (outer.loop or {}).get("done", 0)
    return run.holds(loop.until, outer.scope, {"loopCounter": turns}) if loop.until else bool(loop.most)


def end_loop(run: Run, outer: Token, node: Node, loop: Loop) -> None:
    if loop.collect and outer.loop is not None:
        run.set_values(outer.scope, {loop.collect: outer.loop["results"]})
    leave(run, outer)
