"""The registry of what home pages show: tiles, waiting items, exceptions and rail cards, contributed by other apps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
