"""The registry of what home pages show: tiles, waiting items, exceptions and rail cards, contributed by other apps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.core.registry import Registry
from apps.core.web import pagemodel as pm


@dataclass(frozen=True)
class View:
    """What the reader chose on the overview."""

    user: Any
    grain: str
    site: str = ""


@dataclass(frozen=True)
class Contribution:
    """One app's part of the overview; each part may fail alone."""

    name: str
    title: str
    position: int
    tiles: Callable[[View], list[pm.KpiTile]] | None = None
    needs: Callable[[View], list[pm.NeedsRow]] | None = None
    exceptions: Callable[[View], list[pm.Row]] | None = None
    rail: Callable[[View], list[pm.Section]] | None = None
    facts: Callable[[View], str] | None = None


contributions: Registry[Contribution] = Registry("dashboard contribution")


def contribute(one: Contribution) -> Contribution:
    return contributions.add(one.name, one)


@dataclass(frozen=True)
class Card:
    """One card people put on their own dashboards. `wants` names what its parameter is, empty where it takes none."""

    name: str
    title: str
    make: Callable[[View, str], pm.Section]
    help: str = ""
    wants: str = ""
    choices: Callable[[Any], list[tuple[str, str]]] | None = None
    row: str = ""
    roles: frozenset[str] = frozenset()


cards: Registry[Card] = Registry("dashboard card")


def offer_card(one: Card) -> Card:
    return cards.add(one.name, one)


def by_cost_of_waiting(rows: list[pm.NeedsRow]) -> list[pm.NeedsRow]:
    """What costs most per day comes first; without a cost, what is worse, then what is due sooner."""
    ranks = {"bad": 0, "warn": 1, "hold": 2, "info": 3}
    return sorted(rows, key=lambda one: (-one.cost_per_day, ranks.get(one.tone, 4), one.due_on or date.max, one.title))
