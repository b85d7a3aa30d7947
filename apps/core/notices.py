"""The registry of whom a fact concerns, so that apps say it and whoever sends notices need not know them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from apps.core.models import Event
from apps.core.registry import Registry

# act: needs you, at once. know: worth knowing, may wait for the digest. quiet: only in the list behind the bell.
Level = Literal["act", "know", "quiet"]


@dataclass(frozen=True, kw_only=True)
class Concern:
    """Facts of this name concern `people(event)`. `reason` completes "You get this because …".

    `kind` is the row of the preference grid: assigned, waiting, change or other.
    """

    fact: str
    people: Callable[[Event], Iterable[int | None]]
    reason: str
    kind: str = "assigned"
    level: Level = "act"


concerns: Registry[Concern] = Registry("concern")


def concern(one: Concern) -> Concern:
    return concerns.add(f"{one.fact} {one.kind}", one)
