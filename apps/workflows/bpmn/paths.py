"""Which ways lead where on one level of a diagram: shared by the check of soundness and by the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from apps.workflows.bpmn.model import Body, Node


def link_targets(body: Body, node: Node) -> tuple[Node, ...]:
    """Where a throwing link event goes on."""
    if node.kind != "intermediateThrowEvent" or node.event_kind != "link":
        return ()
    name = node.events[0].name
    return tuple(
        one
        for one in body.nodes
        if one.kind == "intermediateCatchEvent" and one.event_kind == "link" and one.events[0].name == name
    )


def following(body: Body, node: Node) -> list[str]:
    """The nodes a token on this node may come to next, by flow, boundary event or link."""
    found = [flow.target for flow in body.out(node.id)]
    found += [one.id for one in body.boundary(node.id)]
    return found + [one.id for one in link_targets(body, node)]


def reachable(body: Body, starts: Iterable[Node]) -> set[str]:
    """Every node a token from these may come to, themselves included."""
    todo = [node.id for node in starts]
    seen = set(todo)
    while todo:
        for step in following(body, body.by_id[todo.pop()]):
            if step not in seen:
                seen.add(step)
                todo.append(step)
    return seen


def leading_to(body: Body, ends: Iterable[str]) -> set[str]:
    """Every node from which a token may come to one of these, themselves included."""
    before: dict[str, list[str]] = {}
    for node in body.nodes:
        for step in following(body, node):
            before.setdefault(step, []).append(node.id)
    seen = set(ends)
    todo = list(seen)
    while todo:
        for one in before.get(todo.pop(), ()):
            if one not in seen:
                seen.add(one)
                todo.append(one)
    return seen


@lru_cache(maxsize=512)
def ways_into(body: Body, gateway: str) -> Mapping[str, frozenset[str]]:
    """For every node, the incoming flows of the gateway that a token on it may still come by, without passing it."""
    found: dict[str, set[str]] = {node.id: set() for node in body.nodes}
    before: dict[str, list[str]] = {node.id: [] for node in body.nodes}
    for node in body.nodes:
        for step in following(body, node):
            before[step].append(node.id)
    for flow in body.into(gateway):
        todo, seen = [flow.source], {flow.source}
        while todo:
            here = todo.pop()
            found[here].add(flow.id)
            for one in before[here]:
                if one not in seen and one != gateway:
                    seen.add(one)
                    todo.append(one)
    return {key: frozenset(flows) for key, flows in found.items()}


def may_join(
    ways: Mapping[str, frozenset[str]], arrived: Iterable[str], into: Iterable[str], others: Iterable[str]
) -> bool:
    """Whether an inclusive gateway goes on: no token elsewhere can only come by a flow that is still empty."""
    full = frozenset(arrived)
    empty = frozenset(into) - full
    return bool(full) and not any(ways[node] & empty and not ways[node] & full for node in others)
