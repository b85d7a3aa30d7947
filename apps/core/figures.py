"""The one provider of figures with a status per day, so that a board below can show what an app above measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure of one department: its newest value in words, its status, and good, warn or bad per day."""

    label: str
    value: str
    tone: str
    target: str = ""
    url: str = ""
    days: Mapping[date, str] = field(default_factory=dict)


# (codes, department key, first day, last day, reader) → code → figure; unknown and hidden codes are left out.
Read = Callable[[Sequence[str], int, date, date, Any], Mapping[str, Figure]]
# (codes, person) → those which the person may not use or which do not exist.
Unknown = Callable[[Sequence[str], Any], list[str]]
_sources: list[tuple[Read, Unknown]] = []


def provide_figures(read: Read, unknown: Unknown) -> None:
    if _sources:
        raise ValueError("Figures already have a provider.")
    _sources.append((read, unknown))


def figures_of(codes: Sequence[str], department_id: int, first: date, last: date, user: Any) -> Mapping[str, Figure]:
    return _sources[0][0](codes, department_id, first, last, user) if _sources and codes else {}


def unknown_figures(codes: Sequence[str], user: Any) -> list[str]:
    return _sources[0][1](codes, user) if _sources and codes else list(codes)
