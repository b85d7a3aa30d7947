"""The shift log: writing, closing what was open, taking over."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.comms import events
from apps.comms.models import ShiftEntry, ShiftTakeover
from apps.core.errors import Refused
from apps.core.records import write


def write_entry(*, actor: Any, **values: Any) -> ShiftEntry:
    return write.create(ShiftEntry(author=actor, **values), actor=actor, fact=events.ShiftEntryWritten)


def correct_entry(one: ShiftEntry, *, actor: Any, version: int | None = None, **values: Any) -> ShiftEntry:
    """Until its shift was taken over; afterwards the next shift has read it."""
    if ShiftTakeover.objects.filter(department=one.department_id, day=one.day, shift=one.shift).exists():
        raise Refused("This shift was taken over. Write a new entry that corrects it.", code="taken_over")
    return write.change(one, values, actor=actor, fact=events.ShiftEntryChanged, version=version)


def close_entry(one: ShiftEntry, *, outcome: str, actor: Any) -> ShiftEntry:
    """It goes on to no further shift."""
    values = {"open": False, "closed_at": timezone.now(), "closed_by": actor, "outcome": outcome}
    return write.change(one, values, actor=actor, fact=events.ShiftEntryChanged)


def archive_entry(one: ShiftEntry, *, actor: Any) -> ShiftEntry:
    return write.archive(one, actor=actor, fact=events.ShiftEntryChanged)


def restore_entry(one: ShiftEntry, *, actor: Any) -> ShiftEntry:
    return write.restore(one, actor=actor, fact=events.ShiftEntryChanged)


def take_over(*, actor: Any, **values: Any) -> ShiftTakeover:
    """Once per shift; says how many points were open at that moment."""
    waiting = ShiftEntry.objects.filter(department=values["department"], open=True, archived_at__isnull=True).count()
    one = ShiftTakeover(taken_by=actor, open_points=waiting, **values)
    return write.create(one, actor=actor, fact=events.ShiftTakenOver)
