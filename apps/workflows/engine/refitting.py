"""Puts a running case onto another version of its process: whether that goes, and what changes in what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.workflows.bpmn.model import ACTIVITIES, Process
from apps.workflows.engine.advancing import process_names
from apps.workflows.engine.effects import Effect
from apps.workflows.engine.run import Run, Stuck
from apps.workflows.engine.state import State

AWAITED = ("timer", "message", "signal")


def obstacle(old: Process, new: Process, state: State) -> str:
    """Why the case cannot go on with the new version; empty when it can."""
    for token in state.tokens.values():
        before, after = old.nodes[token.node], new.nodes.get(token.node)
        if after is None:
            return f"“{before.title}” ({token.node}), where it stands, is not in the new version."
        if after.kind != before.kind:
            return f"“{before.title}” ({token.node}), where it stands, is a {after.kind} in the new version."
        if _path(old, token.node) != _path(new, token.node):
            return f"“{before.title}” ({token.node}), where it stands, lies in another sub-process in the new version."
        if (before.loop is None) != (after.loop is None) or (
            before.loop is not None and after.loop is not None and before.loop.kind != after.loop.kind
        ):
            return f"“{before.title}” ({token.node}) repeats in another way in the new version."
        if token.state == "joining" and token.via not in {flow.id for flow in new.bodies[token.node].into(token.node)}:
            return f"The way by which it came to “{before.title}” ({token.node}) is not in the new version."
    for scope in state.scopes.values():
        if scope.node and scope.node not in new.nodes:
            return f"The sub-process “{old.nodes[scope.node].title}” is not in the new version."
    return ""


def _path(process: Process, key: str) -> list[str]:
    """The sub-processes around a node, innermost first."""
    owners = {id(node.body): node.id for node in process.nodes.values() if node.body is not None}
    found = []
    while (owner := owners.get(id(process.bodies[key]))) is not None:
        found.append(owner)
        key = owner
    return found


def refit(
    process: Process, state: State, *, now: datetime, constants: Mapping[str, Any] | None = None
) -> tuple[State, list[Effect]]:
    """The same tokens on the new process; events that are gone are not awaited any more, new ones are."""
    copied = State.of(state.plain())
    run = Run(process, copied, now, process_names(process), dict(constants or {}))
    for wait in list(copied.waits.values()):
        if wait.node not in process.nodes:
            run.drop(wait.id)
    awaited = {(wait.token, wait.node) for wait in copied.waits.values()}
    for token in list(copied.tokens.values()):
        if token.parent or token.state != "active" or process.nodes[token.node].kind not in ACTIVITIES:
            continue
        for border in process.bodies[token.node].boundary(token.node):
            for event in border.events:
                if event.kind in AWAITED and (token.id, border.id) not in awaited:
                    try:
                        run.arm(event, border.id, scope=token.scope, token=token.id)
                    except Stuck:
                        continue  # a time that cannot be worked out is not awaited; the step itself goes on
    return copied, run.effects
