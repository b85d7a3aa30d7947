"""How a token leaves a node: which flows it takes, and how an activity that is done goes on."""

from __future__ import annotations

from typing import Any

from apps.workflows.bpmn.model import ACTIVITIES, Flow, Node
from apps.workflows.engine.run import Run, Stuck
from apps.workflows.engine.state import Token


def chosen(run: Run, scope: int, node: Node) -> list[Flow]:
    """The ways out: one of an exclusive gateway, those whose condition holds of others, else the default."""
    out = run.body(scope).out(node.id)
    if node.kind == "parallelGateway" or (len(out) == 1 and not out[0].condition):
        return list(out)
    if node.kind == "exclusiveGateway":
        first = next((one for one in out if one.id != node.default and run.holds(one.condition or "true", scope)), None)
        taken = [first] if first is not None else []
    else:
        taken = [
            one for one in out if one.id != node.default and (not one.condition or run.holds(one.condition, scope))
        ]
    guarded = [one for one in out if one.condition]
    if not taken or (node.kind in ACTIVITIES and not [one for one in taken if one in guarded]):
        taken += [one for one in out if one.id == node.default]
    if out and not taken:
        conditions = ", ".join(f"“{one.condition}”" for one in guarded)
        raise Stuck(f"No way goes on from “{node.title}”: none of {conditions} holds. Correct the values and retry.")
    return taken


def leave(run: Run, token: Token, how: str = "done") -> None:
    """The token goes on by the node's ways out."""
    node, scope = run.node(token.node), token.scope
    flows = chosen(run, scope, node)
    run.remove(token, how)
    for flow in flows:
        run.arrive(scope, flow.target, flow.id)


def set_results(run: Run, token: Token, values: dict[str, Any]) -> None:
    """The outputs an activity maps, else everything it answered."""
    node = run.node(token.node)
    if node.work.outputs:
        mapped = {one.target: run.evaluate(one.source, token.scope, values) for one in node.work.outputs}
        run.set_values(token.scope, mapped)
    elif values:
        run.set_values(token.scope, values)
