"""Where a case stands, as plain data: tokens on nodes, scopes with values, and what is waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ROOT = 1
RUNNING = "running"


@dataclass(slots=True)
class Token:
    """One place where the case is. `state` is active, joining (at a gateway) or stuck (waiting for a person's help)."""

    id: int
    scope: int
    node: str
    state: str = "active"
    via: str = ""
    parent: int = 0  # the token of the loop this one is a turn of
    turn: int = 0
    loop: dict[str, Any] | None = None
    entered: str = ""


@dataclass(slots=True)
class Scope:
    """A running level: the process, a sub-process, or one turn of a loop."""

    id: int
    parent: int = 0
    owner: int = 0  # the token whose activity this level is
    node: str = ""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Wait:
    """Something awaited: when it comes, `node` fires. Timers in working time have no due yet, only their seconds."""

    id: int
    scope: int
    token: int  # 0: the start event of an event sub-process
    node: str
    kind: str
    name: str = ""
    key: str = ""
    due: str = ""
    working_seconds: int = 0
    left: int = 0  # how often a cycle still fires; -1 for ever
    months: int = 0
    seconds: int = 0


def _plain(one: Token | Scope | Wait) -> dict[str, Any]:
    """Its fields, in their order; nothing in them is shared with it."""
    return {name: _copied(getattr(one, name)) for name in one.__slots__}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(one) for one in value]
    return value


@dataclass(slots=True)
class State:
    status: str = RUNNING
    outcome: str = ""
    next: int = ROOT
    tokens: dict[int, Token] = field(default_factory=dict)
    scopes: dict[int, Scope] = field(default_factory=dict)
    waits: dict[int, Wait] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """The values of the case itself."""
        return self.scopes[ROOT].values if ROOT in self.scopes else {}

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it; equal states give equal data."""
        return {
            "status": self.status,
            "outcome": self.outcome,
            "next": self.next,
            "tokens": [_plain(one) for one in self.tokens.values()],
            "scopes": [_plain(one) for one in self.scopes.values()],
            "waits": [_plain(one) for one in self.waits.values()],
        }

    @classmethod
    def of(cls, plain: dict[str, Any]) -> State:
        return cls(
            status=plain["status"],
            outcome=plain["outcome"],
            next=plain["next"],
            tokens={one["id"]: Token(**one) for one in plain["tokens"]},
            scopes={one["id"]: Scope(**one) for one in plain["scopes"]},
            waits={one["id"]: Wait(**one) for one in plain["waits"]},
        )
