"""Writing facts to the log: one row for each fact and one for each handler that is owed it, in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from apps.core.events import context
from apps.core.events.facts import Fact
from apps.core.events.handlers import interested
from apps.core.models import Event
from apps.core.models.prepared import fetch

CHANNEL = "ops_outbox"
MAX_DEPTH = 20
AT_ONCE = 250  # facts per statement: a statement carries 65 535 values at most
COLUMNS = "name, subject, actor_id, token_id, departments, payload, changes, cause_id, request_id"
RETURNED = f"id, at, xact::text, {COLUMNS}"
# One round trip, whatever is told. Identities follow the order of the facts, and deliveries that of their events.
# The bell wakes the relay at commit; a lost wake-up only costs its polling interval.
WRITE = """
WITH told AS (INSERT INTO core_event ({columns}) VALUES {facts} RETURNING {returned}),
owed AS (
  INSERT INTO core_delivery (event_id, handler, key, slow, attempts, last_error, available_at)
  SELECT told.id, one.handler, told.subject, one.slow, 0, '', now() + %s::interval
  FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM told) told
  JOIN (VALUES {owed}) one (n, handler, slow, asked) ON one.n = told.n
  WHERE CASE one.asked {asked} ELSE true END
  ORDER BY told.id, one.handler)
SELECT id, at, xact, pg_notify('{channel}', '') FROM told ORDER BY id
"""
WRITE_ONLY = "INSERT INTO core_event ({columns}) VALUES {facts} RETURNING {returned}"


class ChainTooDeep(RuntimeError):
    """Facts caused facts caused facts: almost certainly a loop between handlers."""


def emit(fact: Fact, *, actor: Any, after: timedelta | None = None) -> Event:
    """Record the fact beside the change it tells of. `actor` is the person, or None for the system.

    `after` lets its handlers wait, for work that is to be tried again later.
    """
    return emit_many([fact], actor=actor, after=after)[0]


def emit_many(told: Sequence[Fact], *, actor: Any, after: timedelta | None = None) -> list[Event]:
    """Record facts of one change, in their order, in one round trip (a whole file in a few)."""
    if not told:
        return []
    if not connection.in_atomic_block:
        raise RuntimeError("emit() belongs inside the transaction of the change it records.")
    around = context.current()
    if around.depth > MAX_DEPTH:
        raise ChainTooDeep(f"{told[0].fact_name} would be effect number {around.depth} of one cause.")
    written = [_event(fact, actor, around) for fact in told]
    for first in range(0, len(told), AT_ONCE):
        _write(told[first : first + AT_ONCE], written[first : first + AT_ONCE], after)
    return written


def _write(told: Sequence[Fact], written: list[Event], after: timedelta | None) -> None:
    for event, (key, at, xact, *_) in zip(written, fetch(*_statement(told, written, after)), strict=True):
        event.pk, event.at, event.xact = key, at, xact
        event._state.adding, event._state.db = False, connection.alias


def _event(fact: Fact, actor: Any, around: context.Context) -> Event:
    return Event(
        name=fact.fact_name,
        subject=fact.subject,
        actor_id=getattr(actor, "pk", None),
        token_id=around.token_id,
        departments=sorted(set(fact.departments)),
        payload=fact.payload(),
        changes=fact.changes,
        cause_id=around.cause_id,
        request_id=around.request_id,
    )


def _statement(told: Sequence[Fact], written: list[Event], after: timedelta | None) -> tuple[str, list[Any]]:
    """The statement that writes these events and what is owed, and its parameters."""
    values = [value for event in written for value in _columns(event)]
    parts = {"columns": COLUMNS, "returned": RETURNED, "facts": ", ".join(["(%s,%s,%s,%s,%s,%s,%s,%s,%s)"] * len(told))}
    asked: dict[str, int] = {}
    owed: list[Any] = []
    for number, (fact, event) in enumerate(zip(told, written, strict=True), start=1):
        for one in interested(type(fact), fact.fact_name, event.payload):
            worth = True if one.when is None else one.when(event)
            if worth is not False:
                condition = asked.setdefault(worth, len(asked) + 1) if isinstance(worth, str) else 0
                owed += [number, one.name, one.slow, condition]
    if not owed:
        return WRITE_ONLY.format(**parts), values
    parts |= {"channel": CHANNEL, "owed": ", ".join(["(%s::int,%s,%s::bool,%s::int)"] * (len(owed) // 4))}
    parts["asked"] = " ".join(f"WHEN {number} THEN {text}" for text, number in asked.items()) or "WHEN -1 THEN false"
    return WRITE.format(**parts), [*values, after or timedelta(), *owed]


def _columns(event: Event) -> tuple[Any, ...]:
    return (
        event.name,
        event.subject,
        event.actor_id,
        event.token_id,
        event.departments,
        json.dumps(event.payload),
        json.dumps(event.changes),
        event.cause_id,
        event.request_id,
    )
