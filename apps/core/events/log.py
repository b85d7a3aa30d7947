"""Writing facts to the log: one row for the fact and one for each handler that is owed it, in the caller's transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from apps.core.events import context
from apps.core.events.facts import Fact
from apps.core.events.handlers import interested
from apps.core.models import Delivery, Event

CHANNEL = "ops_outbox"
MAX_DEPTH = 20


class ChainTooDeep(RuntimeError):
    """Facts caused facts caused facts: almost certainly a loop between handlers."""


def emit(fact: Fact, *, actor: Any, after: timedelta | None = None) -> Event:
    """Record the fact beside the change it tells of. `actor` is the person, or None for the system.

    `after` lets its handlers wait, for work that is to be tried again later.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("emit() belongs inside the transaction of the change it records.")
    around = context.current()
    if around.depth > MAX_DEPTH:
        raise ChainTooDeep(f"{fact.fact_name} would be effect number {around.depth} of one cause.")
    payload = fact.payload()
    event = Event.objects.create(
        name=fact.fact_name,
        subject=fact.subject,
        actor_id=getattr(actor, "pk", None),
        token_id=around.token_id,
        departments=sorted(set(fact.departments)),
        payload=payload,
        changes=fact.changes,
        cause_id=around.cause_id,
        request_id=around.request_id,
    )
    owed = [one for one in interested(type(fact), fact.fact_name, payload) if one.when is None or one.when(event)]
    if owed:
        waiting = {"available_at": Now() + after} if after else {}
        Delivery.objects.bulk_create(
            [Delivery(event=event, handler=one.name, key=fact.subject, slow=one.slow, **waiting) for one in owed]
        )
        _ring()
    return event


def _ring() -> None:
    """Wake the relay at commit; a lost wake-up only costs its polling interval."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
