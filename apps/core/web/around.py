"""The slots that every page has and other apps fill: the stream and buttons around a record, and the bell of the frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import BaseForm

from apps.core.registry import Registry
from apps.core.web.pageparts import Button, TimelineEntry


@dataclass(frozen=True)
class Around:
    """What one app puts around every record. `hides` names facts that its own entries tell better."""

    name: str
    entries: Callable[[str, Any], list[tuple[datetime, TimelineEntry]]]
    buttons: Callable[[str, Any], tuple[Button, ...]]
    form: Callable[[str, Any], tuple[str, BaseForm]]
    hides: frozenset[str] = frozenset()


arounds: Registry[Around] = Registry("slot around records")


@dataclass(frozen=True)
class Bell:
    """Where a person's notices are and how many wait."""

    url: str
    count: int


_bells: list[Callable[[Any], Bell]] = []


def put_around(one: Around) -> Around:
    return arounds.add(one.name, one)


def provide_bell(bell: Callable[[Any], Bell]) -> Callable[[Any], Bell]:
    """Register the one function that counts a person's notices."""
    if _bells:
        raise ValueError("The bell already has a provider.")
    _bells.append(bell)
    return bell


def bell_of(user: Any) -> Bell | None:
    return _bells[0](user) if _bells else None
