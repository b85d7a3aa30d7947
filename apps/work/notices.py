"""Whom facts of work concern."""

from __future__ import annotations

from collections.abc import Iterable

from apps.core.models import Event
from apps.core.notices import Concern, Level, concern


def _people(event: Event) -> Iterable[int | None]:
    found: list[int | None] = event.payload.get("people", [])
    return found


def _declare(fact: str, reason: str, *, kind: str = "assigned", level: Level = "act") -> None:
    concern(Concern(fact=fact, people=_people, reason=reason, kind=kind, level=level))


_declare("work.task_opened", "the task waits for you")
_declare("work.task_assigned", "the task was given to you")
_declare("work.task_breached", "a task of yours is over its SLA")
_declare("work.approval_requested", "your approval is asked", kind="waiting")
_declare("work.approval_step_opened", "your approval is asked", kind="waiting")
_declare("work.approval_decided", "you asked for it", kind="change", level="know")
