"""One move of a case in progress: the primitives that put, take and clear tokens, scopes and waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.core.expressions import Type
from apps.workflows.bpmn import timers
from apps.workflows.bpmn.model import Body, EventDefinition, Node, Process
from apps.workflows.engine.effects import Armed, Disarmed, Effect, Ended, Entered, Left, Withdrawn
from apps.workflows.engine.state import ROOT, Scope, State, Token, Wait
from apps.workflows.engine.values import NoValue, evaluate, holds

MOST_MOVES = 10_000


class Stuck(Exception):
    """The token cannot go on; the text tells a person why."""


@dataclass
class Run:
    """A process, the state it is in, and what this move has asked for so far. Time is told, never read."""

    process: Process
    state: State
    now: datetime
    declared: Mapping[str, Type]
    constants: Mapping[str, Any] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    arrivals: deque[tuple[int, str, str]] = field(default_factory=deque)  # scope, node, by which flow
    moves: int = 0

    def number(self) -> int:
        self.state.next += 1
        return self.state.next - 1

    def node(self, key: str) -> Node:
        return self.process.nodes[key]

    def body(self, scope: int) -> Body:
        """The level a scope runs; a turn of a loop runs on the level around it."""
        found = self.state.scopes[scope]
        if found.id == ROOT:
            return self.process.body
        node = self.process.nodes[found.node]
        return node.body if node.body is not None and found.owner else self.process.bodies[found.node]

    # Values -----------------------------------------------------------------------------------------------------

    def values(self, scope: int) -> dict[str, Any]:
        """All values that hold in a scope, inner ones first."""
        found: dict[str, Any] = dict(self.constants)
        for one in reversed(list(self.scopes_up(scope))):
            found.update(one.values)
        return found

    def scopes_up(self, scope: int) -> Iterator[Scope]:
        while scope:
            one = self.state.scopes[scope]
            yield one
            scope = one.parent

    def set_values(self, scope: int, values: Mapping[str, Any]) -> None:
        """Each where it is known already, else in the case itself."""
        for name, value in values.items():
            home = next((one for one in self.scopes_up(scope) if name in one.values), self.state.scopes[ROOT])
            home.values[name] = value

    def evaluate(self, text: str, scope: int, extra: Mapping[str, Any] | None = None) -> Any:
        try:
            return evaluate(text, {**self.values(scope), **(extra or {})}, self.declared)
        except NoValue as problem:
            raise Stuck(str(problem)) from None

    def holds(self, text: str, scope: int, extra: Mapping[str, Any] | None = None) -> bool:
        try:
            return holds(text, {**self.values(scope), **(extra or {})}, self.declared)
        except NoValue as problem:
            raise Stuck(str(problem)) from None

    # Tokens -----------------------------------------------------------------------------------------------------

    def put(self, scope: int, node: str, *, via: str = "", parent: int = 0, turn: int = 0) -> Token:
        token = Token(self.number(), scope, node, via=via, parent=parent, turn=turn, entered=self.now.isoformat())
        self.state.tokens[token.id] = token
        self.effects.append(Entered(token.id, node, parent, scope))
        return token

    def remove(self, token: Token, how: str = "done") -> None:
        """The token has left its node; its waits go with it."""
        self.disarm(token)
        self.state.tokens.pop(token.id)
        if token.state != "joining":
            self.effects.append(Left(token.id, token.node, how))

    def cancel(self, token: Token) -> None:
        """Takes back what a token is doing, with everything below it."""
        for one in [found for found in self.state.tokens.values() if found.parent == token.id]:
            turn_scope = one.scope
            self.cancel(one)
            self.state.scopes.pop(turn_scope, None)
        for scope in [one for one in self.state.scopes.values() if one.owner == token.id]:
            self.close(scope)
        if token.id in self.state.tokens:
            if token.state != "joining" and not token.loop:
                self.effects.append(Withdrawn(token.id, token.node))
            self.remove(token, "cancelled")

    def clear(self, scope: int) -> None:
        """Cancels every token of a scope, and what was on its way to a node there."""
        for token in [one for one in self.state.tokens.values() if one.scope == scope]:
            if token.id in self.state.tokens:
                self.cancel(token)
        self.arrivals = deque(one for one in self.arrivals if one[0] != scope)

    def close(self, scope: Scope) -> None:
        self.clear(scope.id)
        for wait in [one for one in self.state.waits.values() if one.scope == scope.id]:
            self.drop(wait.id)
        self.state.scopes.pop(scope.id, None)

    def open(self, *, parent: int = 0, owner: int = 0, node: str = "", values: dict[str, Any] | None = None) -> Scope:
        scope = Scope(self.number(), parent, owner, node, dict(values or {}))
        self.state.scopes[scope.id] = scope
        return scope

    def end(self, status: str, outcome: str) -> None:
        """The case is over; its values stay, to be read."""
        self.clear(ROOT)
        for wait in list(self.state.waits):
            self.drop(wait)
        self.arrivals.clear()
        self.state.status, self.state.outcome = status, outcome
        self.effects.append(Ended(status, outcome))

    def arrive(self, scope: int, node: str, via: str = "") -> None:
        self.arrivals.append((scope, node, via))

    # Waits ------------------------------------------------------------------------------------------------------

    def arm(self, event: EventDefinition, node: str, *, scope: int, token: int = 0) -> None:
        """Begins to wait for a message, a signal or a time."""
        wait = Wait(self.number(), scope, token, node, event.kind, event.name)
        if event.kind == "timer":
            self._set_time(wait, event)
        elif event.key:
            wait.key = str(self.evaluate(event.key, scope) or "")
        self.state.waits[wait.id] = wait
        self.effects.append(Armed(wait))

    def _set_time(self, wait: Wait, event: EventDefinition) -> None:
        text, kind = event.text, event.timer
        if not timers.is_timer(event):
            text = str(self.evaluate(event.text, wait.scope) or "")
        cycle = timers.cycle(text) if kind == "cycle" else None
        length = timers.duration(text)
        if cycle is not None:
            wait.left, wait.months, wait.seconds = cycle.times, cycle.every.months, cycle.every.seconds
            wait.due = (cycle.start or cycle.every.after(self.now)).isoformat()
        elif length is not None and event.working and not length.months:
            wait.working_seconds = length.seconds
        elif length is not None:
            wait.due = length.after(self.now).isoformat()
        else:
            at = timers.moment(text)
            if at is None:
                raise Stuck(f"The timer “{event.text}” gives “{text}”, which is no time.")
            wait.due = at.isoformat()

    def again(self, wait: Wait) -> bool:
        """Sets a cycle to its next time; False when it has come to its end."""
        if wait.kind != "timer":
            return True
        if wait.left == 0 or not (wait.months or wait.seconds):
            return False
        wait.left = wait.left - 1 if wait.left > 0 else wait.left
        if wait.left == 0:
            return False
        wait.due = timers.Duration(wait.months, wait.seconds).after(datetime.fromisoformat(wait.due)).isoformat()
        self.effects.append(Armed(wait))
        return True

    def drop(self, wait: int) -> None:
        if self.state.waits.pop(wait, None) is not None:
            self.effects.append(Disarmed(wait))

    def disarm(self, token: Token) -> None:
        for wait in [one for one in self.state.waits.values() if one.token == token.id]:
            self.drop(wait.id)
