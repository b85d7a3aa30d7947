"""Outgoing mail after a restore: a copy of a platform may not write to people until an admin says that it is the real one."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.facts import MailResumed, Restored
from apps.core.events.log import emit
from apps.core.models import Delivery, Event

WAITS = "Outgoing mail waits: this platform was restored from a backup, and no admin has let mail out since."


class Postponed(Exception):
    """A reaction cannot run yet through no fault of its own: it is tried again and the attempt does not count."""


def paused() -> bool:
    """Whether the newest restore is still unconfirmed; the log itself is the state, so it travels with the data."""
    with transaction.atomic(), scope.system("asking whether mail may go out"):
        newest = Event.objects.filter(name__in=(Restored.fact_name, MailResumed.fact_name)).order_by("-id")
        return newest.values_list("name", flat=True).first() == Restored.fact_name


def require_open() -> None:
    """Called by whatever sends, right before it does."""
    if paused():
        raise Postponed(WAITS)


def resume(*, actor: Any) -> int:
    """Let mail out again; what waited goes at once. Returns how many deliveries that are."""
    if not paused():
        raise Refused("Outgoing mail is not paused; there is nothing to do.", code="not_paused")
    with transaction.atomic():
        waiting = Delivery.objects.filter(done_at__isnull=True, parked_at__isnull=True, last_error=WAITS)
        count = waiting.update(available_at=Now(), last_error="")
        emit(MailResumed(subject="platform:1", waiting=count), actor=actor)
    return count
