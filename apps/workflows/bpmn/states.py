"""Explores every state a level of a diagram can come to, as a net of tokens on flows (workflow-net soundness)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from apps.workflows.bpmn.model import ACTIVITIES, Body, Finding, Node
from apps.workflows.bpmn.paths import link_targets, may_join, ways_into

MOST_STATES = 20_000
MOST_TOKENS = 1_000_000  # moved in all: states of thousands of tokens cost more than their number tells
MOST_SUBSETS = 5
State = tuple[str, ...]  # flows that hold a token, sorted


@dataclass
class _Net:
    """The moves of one level. Steps with one way in and one way out are walked through at once."""

    body: Body
    fired: set[str] = field(default_factory=set)

    def settled(self, flows: Iterable[str]) -> State:
        return tuple(sorted(self._through(flow) for flow in flows))

    def _through(self, flow: str) -> str:
        seen: set[str] = set()
        while True:
            node = self.body.by_id[self.body.flow_by_id[flow].target]
            if node.id in seen or not self._plain(node):
                return flow
            seen.add(node.id)
            self.fired.add(node.id)
            flow = self.body.out(node.id)[0].id

    def _plain(self, node: Node) -> bool:
        out = self.body.out(node.id)
        return (
            len(out) == 1
            and len(self.body.into(node.id)) == 1
            and not self.body.boundary(node.id)
            and not out[0].condition
            and node.kind != "endEvent"
        )

    def results(self, node: Node) -> list[list[str]]:
        """What one firing of the node may put on flows."""
        out = [flow.id for flow in self.body.out(node.id)]
        if node.kind in ("exclusiveGateway", "eventBasedGateway"):
            return [[flow] for flow in out] or [[]]
        if node.kind == "inclusiveGateway":
            return _subsets(out)
        if node.kind in ACTIVITIES:
            return self._activity(node, out)
        for target in link_targets(self.body, node):
            return [[flow.id for flow in self.body.out(target.id)]]
        return [out]

    def _activity(self, node: Node, out: list[str]) -> list[list[str]]:
        guarded = [flow.id for flow in self.body.out(node.id) if flow.condition]
        if guarded:
            plain = [flow for flow in out if flow not in guarded and flow != node.default]
            usual = [plain + some for some in _subsets(guarded)] + ([[*plain, node.default]] if node.default else [])
        else:
            usual = [out]
        found = list(usual)
        for event in self.body.boundary(node.id):
            beside = [flow.id for flow in self.body.out(event.id)]
            found += [beside] if event.interrupting else [one + beside for one in usual]
            self.fired.add(event.id)
        return found

    def moves(self, state: State) -> Iterator[tuple[Node, State]]:
        """Every move that is possible, with the state behind it."""
        at: dict[str, list[str]] = {}
        for flow in state:
            at.setdefault(self.body.flow_by_id[flow].target, []).append(flow)
        for key, arrived in at.items():
            node = self.body.by_id[key]
            for used in self._enabled(node, arrived, state):
                if node.kind == "endEvent" and node.event_kind in ("terminate", "error"):
                    yield node, ()
                    continue
                rest = _without(state, used)
                for produced in self.results(node):
                    yield node, self.settled([*rest, *produced])

    def _enabled(self, node: Node, arrived: list[str], state: State) -> Iterator[list[str]]:
        into = [flow.id for flow in self.body.into(node.id)]
        if node.kind == "parallelGateway":
            if set(arrived) >= set(into):
                yield into
        elif node.kind == "inclusiveGateway" and len(into) > 1:
            others = [target for flow in state if (target := self.body.flow_by_id[flow].target) != node.id]
            if may_join(ways_into(self.body, node.id), arrived, into, others):
                yield list(dict.fromkeys(arrived))
        else:
            for flow in dict.fromkeys(arrived):
                yield [flow]


def state_findings(body: Body) -> list[Finding]:
    """Deadlocks, tokens left over and endless circles of one level, located; nothing when it is sound."""
    net = _Net(body)
    before: dict[State, set[State]] = {}
    todo: deque[State] = deque()
    found: dict[tuple[str, str], Finding] = {}
    for first in _first_states(net):
        before.setdefault(first, set())
        todo.append(first)
    tokens = 0
    while todo:
        state = todo.popleft()
        doubled = next((flow for flow in state if state.count(flow) > 1), None)
        if doubled is not None:
            _add(found, _leftover(body, doubled))
            continue
        moved = False
        for node, after in net.moves(state):
            moved = True
            tokens += 1 + len(after)
            if len(before) > MOST_STATES or tokens > MOST_TOKENS:
                return [*found.values(), _too_big(body)]
            net.fired.add(node.id)
            if after not in before:
                before[after] = set()
                todo.append(after)
            before[after].add(state)
        if state and not moved:
            for one in _stuck(body, state):
                _add(found, one)
    if not found:
        for one in _endless(body, before):
            _add(found, one)
    return list(found.values())


def _first_states(net: _Net) -> Iterator[State]:
    starts = net.body.starts()
    net.fired.update(node.id for node in starts)
    if starts and starts[0].kind == "startEvent":
        for node in starts:
            yield net.settled(flow.id for flow in net.body.out(node.id))
    else:
        yield net.settled(flow.id for node in starts for flow in net.body.out(node.id))


def _stuck(body: Body, state: State) -> Iterator[Finding]:
    """Each gateway that waits for a token which no longer comes."""
    for key in dict.fromkeys(body.flow_by_id[flow].target for flow in state):
        node = body.by_id[key]
        missing = [flow for flow in body.into(key) if flow.id not in state]
        names = ", ".join(f"“{flow.name or body.by_id[flow.source].title}”" for flow in missing)
        yield _finding(
            node,
            f"can wait for ever: no token comes from {names} when another way was taken. "
            "Join a choice with the same kind of gateway that split it.",
            "deadlock",
        )


def _leftover(body: Body, flow: str) -> Finding:
    """Two tokens on one flow: parallel ways met without waiting for each other."""
    node = body.by_id[body.flow_by_id[flow].source]
    seen = {node.id}
    while len(body.into(node.id)) == 1 and body.into(node.id)[0].source not in seen:
        node = body.by_id[body.into(node.id)[0].source]
        seen.add(node.id)
    return _finding(
        node,
        "lets ways that run at the same time meet without waiting for each other, so what follows runs twice and the "
        "case does not end once. Join them with a parallel gateway.",
        "not_proper",
    )


def _endless(body: Body, before: dict[State, set[State]]) -> Iterator[Finding]:
    """States from which no end can be reached any more."""
    good: set[State] = set()
    todo: list[State] = [()] if () in before else []
    while todo:
        state = todo.pop()
        if state not in good:
            good.add(state)
            todo += list(before[state])
    lost = [state for state in before if state not in good]
    if lost:
        flow = min(lost, key=len)[0]
        node = body.by_id[body.flow_by_id[flow].target]
        yield _finding(node, "stands in a circle that a case never leaves. Draw a way out to an end.", "livelock")


def _too_big(body: Body) -> Finding:
    node = body.nodes[0]
    return _finding(
        node,
        "stands on a level with so many ways side by side that not every state could be tried. "
        "Move some of them into sub-processes.",
        "not_proven",
        serious=False,
    )


def _finding(node: Node, why: str, code: str, *, serious: bool = True) -> Finding:
    return Finding(
        element=node.id, line=node.line, code=code, message=f"“{node.title}” ({node.id}) {why}", serious=serious
    )


def _add(found: dict[tuple[str, str], Finding], one: Finding) -> None:
    found.setdefault((one.element, one.code), one)


def _subsets(flows: list[str]) -> list[list[str]]:
    """Ways an inclusive choice may go; of very many, one each and all together stand for the rest."""
    if len(flows) > MOST_SUBSETS:
        return [[flow] for flow in flows] + [flows]
    return [list(some) for size in range(1, len(flows) + 1) for some in combinations(flows, size)] or [[]]


def _without(state: State, used: Iterable[str]) -> list[str]:
    rest = list(state)
    for flow in used:
        rest.remove(flow)
    return rest
