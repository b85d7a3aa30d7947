"""What a move of a case asks of the world, in the order it happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.workflows.engine.state import Wait


@dataclass(frozen=True, slots=True)
class Entered:
    token: int
    node: str
    parent: int = 0
    scope: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """`how` is done, cancelled or failed."""

    token: int
    node: str
    how: str = "done"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Work for somebody: kind is user, service, rule or call."""

    token: int
    node: str
    kind: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The work of this token is not wanted any more."""

    token: int
    node: str


@dataclass(frozen=True, slots=True)
class Sent:
    node: str
    name: str
    key: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signalled:
    node: str
    name: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Armed:
    wait: Wait


@dataclass(frozen=True, slots=True)
class Disarmed:
    wait: int


@dataclass(frozen=True, slots=True)
class Escalated:
    """Nothing in this case took the escalation; the calling case may."""

    node: str
    code: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """A token cannot go on without help."""

    token: int
    node: str
    message: str


@dataclass(frozen=True, slots=True)
class Ended:
    """status is finished, failed or cancelled; outcome the end event or the error's code."""

    status: str
    outcome: str = ""


Effect = Entered | Left | Wanted | Withdrawn | Sent | Signalled | Armed | Disarmed | Escalated | Stopped | Ended
