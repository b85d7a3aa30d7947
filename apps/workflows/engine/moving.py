"""Moves tokens until everything waits: gateways, events, joins and the end of levels."""

from __future__ import annotations

from apps.workflows.bpmn.model import ACTIVITIES, Node
from apps.workflows.bpmn.paths import link_targets, may_join, ways_into
from apps.workflows.engine import activities
from apps.workflows.engine.effects import Signalled, Stopped
from apps.workflows.engine.leaving import leave
from apps.workflows.engine.run import MOST_MOVES, Run, Stuck
from apps.workflows.engine.state import ROOT, RUNNING, Scope, Token
from apps.workflows.engine.throwing import fail_case, throw_error, throw_escalation


def drain(run: Run) -> None:
    """Until nothing moves: arrivals first, then inclusive joins, then levels without tokens."""
    while run.state.status == RUNNING:
        if run.arrivals:
            enter(run, *run.arrivals.popleft())
        elif not _join(run) and not _end_level(run):
            return


def enter(run: Run, scope: int, key: str, via: str) -> None:
    """A token comes to a node."""
    node = run.node(key)
    into = run.body(scope).into(key)
    if node.kind in ("parallelGateway", "inclusiveGateway") and len(into) > 1 and via:
        _arrive_at_join(run, scope, node, via)
        return
    attempt(run, run.put(scope, key, via=via))


def attempt(run: Run, token: Token) -> None:
    """Lets the token act; what it cannot do stops it alone, until a person helps."""
    run.moves += 1
    try:
        if run.moves > MOST_MOVES:
            raise Stuck(f"The case went {MOST_MOVES} steps without waiting for anything. Its diagram goes in circles.")
        act(run, token, run.node(token.node))
    except Stuck as problem:
        stop(run, token, str(problem))


def stop(run: Run, token: Token, message: str) -> None:
    """The token waits for help; turns of a loop it had begun are taken back."""
    for turn in [one for one in run.state.tokens.values() if one.parent == token.id]:
        scope = turn.scope
        run.cancel(turn)
        run.state.scopes.pop(scope, None)
    if token.id in run.state.tokens:
        token.state = "stuck"
        run.effects.append(Stopped(token.id, token.node, message))


def act(run: Run, token: Token, node: Node) -> None:
    if node.kind in ACTIVITIES:
        activities.begin(run, token)
    elif node.kind == "endEvent":
        _end(run, token, node)
    elif node.kind == "intermediateThrowEvent":
        _throw(run, token, node)
    elif node.kind == "intermediateCatchEvent" and node.event_kind != "link":
        for event in node.events:
            run.arm(event, node.id, scope=token.scope, token=token.id)
    elif node.kind == "eventBasedGateway":
        _race(run, token, node)
    else:
        leave(run, token)


def _race(run: Run, token: Token, node: Node) -> None:
    """An event gateway waits for each of the events behind it."""
    body = run.body(token.scope)
    for flow in body.out(node.id):
        target = body.by_id[flow.target]
        if target.kind == "receiveTask":
            activities.receive(run, token, target)
        for event in target.events:
            run.arm(event, target.id, scope=token.scope, token=token.id)


def _throw(run: Run, token: Token, node: Node) -> None:
    if node.event_kind == "link":
        scope = token.scope
        targets = link_targets(run.body(scope), node)
        if not targets:
            raise Stuck(f"The link “{node.events[0].name}” leads nowhere.")
        run.remove(token)
        run.arrive(scope, targets[0].id)
        return
    _tell(run, token, node)
    # An escalation that interrupts its own level has taken this token away.
    if token.id in run.state.tokens:
        leave(run, token)


def _tell(run: Run, token: Token, node: Node) -> None:
    event = node.event
    if event is None:
        return
    if event.kind == "message":
        activities.send(run, token.scope, node, event.name or node.title, event.key)
    elif event.kind == "signal":
        run.effects.append(
            Signalled(node.id, event.name, activities.handed(run, token, node) if node.work.inputs else {})
        )
    elif event.kind == "escalation":
        throw_escalation(run, token.scope, node, event.code)


def _end(run: Run, token: Token, node: Node) -> None:
    scope, kind = token.scope, node.event_kind
    if kind == "error":
        run.remove(token)
        if not throw_error(run, scope, node.events[0].code):
            fail_case(run, node.events[0].code)
        return
    _tell(run, token, node)
    if token.id not in run.state.tokens:
        return
    run.remove(token)
    if scope == ROOT:
        run.state.outcome = node.name or run.state.outcome
    if kind == "terminate":
        run.clear(scope)


def _arrive_at_join(run: Run, scope: int, node: Node, via: str) -> None:
    """A parallel gateway goes on with one token of each way; an inclusive one is asked when nothing else moves."""
    token = Token(run.number(), scope, node.id, state="joining", via=via, entered=run.now.isoformat())
    run.state.tokens[token.id] = token
    if node.kind == "parallelGateway":
        waiting = _waiting(run, scope, node.id)
        if all(flow.id in waiting for flow in run.body(scope).into(node.id)):
            _go_on(run, scope, node, [waiting[flow.id][0] for flow in run.body(scope).into(node.id)])


def _waiting(run: Run, scope: int, node: str) -> dict[str, list[Token]]:
    found: dict[str, list[Token]] = {}
    for token in run.state.tokens.values():
        if token.scope == scope and token.node == node and token.state == "joining":
            found.setdefault(token.via, []).append(token)
    return found


def _go_on(run: Run, scope: int, node: Node, used: list[Token]) -> None:
    for token in used:
        run.state.tokens.pop(token.id)
    attempt(run, run.put(scope, node.id))


def _join(run: Run) -> bool:
    """Lets the first inclusive gateway go on that no token can reach any more by an empty way."""
    for token in list(run.state.tokens.values()):
        node = run.node(token.node)
        if token.state != "joining" or node.kind != "inclusiveGateway":
            continue
        scope, body = token.scope, run.body(token.scope)
        waiting = _waiting(run, scope, node.id)
        others = [one.node for one in run.state.tokens.values() if one.scope == scope and one.node != node.id]
        into = [flow.id for flow in body.into(node.id)]
        if may_join(ways_into(body, node.id), waiting, into, others):
            _go_on(run, scope, node, [tokens[0] for tokens in waiting.values()])
            return True
    return False


def _end_level(run: Run) -> bool:
    """Closes the first level that has no token left; the case ends with its outermost one."""
    busy = {token.scope for token in run.state.tokens.values()}
    for scope in list(run.state.scopes.values()):
        if scope.id in busy or (scope.id != ROOT and not scope.owner):
            continue
        if scope.id == ROOT:
            run.end("finished", run.state.outcome)
        else:
            _close_level(run, scope)
        return True
    return False


def _close_level(run: Run, scope: Scope) -> None:
    owner = run.state.tokens[scope.owner]
    run.close(scope)
    try:
        activities.complete(run, owner, {})
    except Stuck as problem:
        stop(run, owner, str(problem))
