"""What the search finds beside pages and records: apps register how, and each keeps to what the person may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.core.registry import Registry
from apps.core.web.pagemodel import Connection


@dataclass(frozen=True)
class Finder:
    """`find(user, words)` gives links this person may open, best first."""

    name: str
    label: str
    find: Callable[[Any, str], list[Connection]]


finders: Registry[Finder] = Registry("finder")


def add_finder(finder: Finder) -> Finder:
    return finders.add(finder.name, finder)
