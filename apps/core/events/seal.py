"""The audit seal: a hash chain over the event log, made after commit in an order that hides no late row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from apps.core.models import Seal

GENESIS = "0" * 64
LOCK = 0x5EA1
_COLUMNS = (
    "id, name, subject, actor_id, token_id, departments, payload::text, changes::text, cause_id, request_id,"
    " xact::text AS xact_text, extract(epoch FROM at)::text AS at_text"
)


def seal_new_events(limit: int = 5000) -> int:
    """Chain the newly visible events; returns how many. Only rows older than every running transaction are taken."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.scope', 'all', true), pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[1]:
            return 0
        last = Seal.objects.order_by("-number").first()
        cursor.execute(
            f"SELECT {_COLUMNS} FROM core_event WHERE (xact, id) > (%s::xid8, %s)"
            " AND xact < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY core_event.xact, id LIMIT %s",
            [last.last_xact if last else "0", last.last_event_id if last else 0, limit],
        )
        rows = cursor.fetchall()
        if not rows:
            return 0
        previous = last.hash if last else GENESIS
        Seal.objects.create(
            number=(last.number if last else 0) + 1,
            last_xact=rows[-1][10],
            last_event_id=rows[-1][0],
            count=len(rows),
            previous_hash=previous,
            hash=_hash(previous, rows),
        )
        return len(rows)


def _hash(previous: str, rows: Iterable[tuple[Any, ...]]) -> str:
    digest = hashlib.sha256(previous.encode())
    for row in rows:
        digest.update(json.dumps(row, default=str, ensure_ascii=False, separators=(",", ":")).encode())
    return digest.hexdigest()


def head() -> str:
    """The chain's newest hash, to be published outside the database (report footers, head file)."""
    return Seal.objects.order_by("-number").values_list("hash", flat=True).first() or GENESIS


def verify(expected_head: str | None = None) -> list[str]:
    """Recompute the whole chain; returns what is wrong in words, an empty list when all is well."""
    problems: list[str] = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.scope', 'all', true)")
        previous, after, known = GENESIS, ("0", 0), {GENESIS}
        for number, seal in enumerate(Seal.objects.order_by("number"), start=1):
            cursor.execute(
                f"SELECT {_COLUMNS} FROM core_event WHERE (xact, id) > (%s::xid8, %s)"
                " AND (xact, id) <= (%s::xid8, %s) ORDER BY core_event.xact, id",
                [*after, seal.last_xact, seal.last_event_id],
            )
            rows = cursor.fetchall()
            if seal.number != number:
                problems.append(f"Seal {number} is missing.")
            if seal.previous_hash != previous or _hash(previous, rows) != seal.hash or len(rows) != seal.count:
                problems.append(f"Seal {seal.number} does not match its {seal.count} events: the log was altered.")
            previous, after = seal.hash, (seal.last_xact, seal.last_event_id)
            known.add(seal.hash)
        if expected_head and expected_head not in known:
            problems.append("The published head is not in the chain: its tail was cut or the log was replaced.")
    return problems
