"""The registry of what reports are made of: other apps contribute facts, key figures and charts for a period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.core import pdf
from apps.core.registry import Registry
from apps.core.values import Period
from apps.reports.naming import titles


@dataclass(frozen=True)
class Table:
    """A table of a section: column heads, which of them are numbers, rows of texts."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Part:
    """One app's share of a report, and the plain numbers behind it for the stored snapshot."""

    facts: tuple[pdf.Fact, ...] = ()
    kpi_rows: tuple[pdf.KpiRow, ...] = ()
    charts: tuple[pdf.Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    off_target: tuple[str, ...] = ()
    on_target: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """make(user, period) → Part; called in the user's scope."""

    name: str
    position: int
    make: Callable[[Any, Period], Part]
    title: str = ""


sources: Registry[Source] = Registry("report part")


def chosen(names: list[str]) -> list[Source]:
    """The sections of these names in this order; all in their own order when none is named."""
    if not names:
        return sorted(sources, key=lambda one: one.position)
    return [sources[name] for name in names]


def contribute(source: Source) -> Source:
    titles[source.name] = source.title or source.name
    return sources.add(source.name, source)
