"""Reactions to facts: each is named, runs in its own transaction and has its own receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.core.events.facts import Fact
from apps.core.models import Event
from apps.core.registry import Registry

Reaction = Callable[[Event], None]
# Yes, no, or a condition in SQL over the row `told` that the database answers while it writes the event.
Worth = Callable[[Event], bool | str]


@dataclass(frozen=True)
class Handler:
    """One reaction. `slow` ones own their transactions and run in a queue of their own.

    `given_up` is told when the last attempt failed, in the transaction that parks the delivery.
    """

    name: str
    run: Reaction
    wants: Callable[[type[Fact] | None, str], bool]
    slow: bool = False
    max_attempts: int = 5
    given_up: Reaction | None = None
    # Asked inside emit(), with the emitter's eyes: whether this very event, not yet written, is worth a delivery.
    when: Worth | None = None


handlers: Registry[Handler] = Registry("handler")


def on(
    fact: type[Fact], *, name: str, slow: bool = False, given_up: Reaction | None = None
) -> Callable[[Reaction], Reaction]:
    """React to one kind of fact (and its subclasses), declared in an app below or in your own."""

    def declare(run: Reaction) -> Reaction:
        def wants(kind: type[Fact] | None, _: str) -> bool:
            return kind is not None and issubclass(kind, fact)

        handlers.add(name, Handler(name, run, wants, slow, given_up=given_up))
        return run

    return declare


def on_every(*, name: str, slow: bool = False, when: Worth | None = None) -> Callable[[Reaction], Reaction]:
    """React to every fact (for which `when` says yes) by its common traits only: for the commons, which know no guest."""

    def wants(_kind: type[Fact] | None, fact_name: str) -> bool:
        return not fact_name.startswith("core.job_")

    def declare(run: Reaction) -> Reaction:
        handlers.add(name, Handler(name, run, wants, slow, when=when))
        return run

    return declare


def interested(kind: type[Fact] | None, fact_name: str, payload: dict[str, Any]) -> list[Handler]:
    if fact_name == "core.job_due":
        return [handlers[f"job:{payload['job']}"]]
    return [handler for handler in handlers if handler.wants(kind, fact_name)]
