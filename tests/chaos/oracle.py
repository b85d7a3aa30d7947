"""Waits until the platform has caught up, then compares a client's journal with the database; the same for us and for the control."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg2

from tests.chaos.clients import Journal
from tests.support.stack import Stack

OPEN = "SELECT handler, attempts, count(*) FROM core_delivery WHERE done_at IS NULL AND parked_at IS NULL AND NOT slow GROUP BY 1, 2 ORDER BY 1, 2"
UNSEALED = """SELECT count(*) FROM core_event e
LEFT JOIN LATERAL (SELECT last_xact::xid8 AS xact, last_event_id FROM core_seal ORDER BY number DESC LIMIT 1) s ON true
WHERE s.xact IS NULL OR (e.xact, e.id) > (s.xact, s.last_event_id)"""


def rows(stack: Stack, query: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    connection = stack.owner()
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()
    finally:
        connection.close()


def settle(stack: Stack, *, seconds: float) -> list[str]:
    """Waits until every effect is done and every event sealed; what is open when that stood still for so long."""
    still: Any = None
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(psycopg2.OperationalError):
            left = rows(stack, OPEN), rows(stack, UNSEALED)
            if left == ([], [(0,)]):
                return []
            if left != still:
                still, deadline = left, time.monotonic() + seconds
        time.sleep(0.5)
    return [f"nothing went on for {seconds:.0f} s after the last fault; open deliveries and unsealed events: {still}"]


@dataclass(frozen=True)
class Ledger:
    """Where a system keeps what it acknowledged, what it stored and what its workers made of it."""

    batches: str
    stored: str
    rollups: str
    grains: tuple[str, ...]
    unfinished: dict[str, str]


OURS = Ledger(
    batches="SELECT id, rows FROM kpis_readingbatch WHERE source = 'api'",
    stored="SELECT count(*) FROM kpis_reading r JOIN kpis_definition k ON k.id = r.kpi_id WHERE k.code LIKE 'chaos%'",
    rollups="SELECT u.grain, sum(u.count), sum(u.total) FROM kpis_rollup u JOIN kpis_definition k ON k.id = u.kpi_id"
    " WHERE k.code LIKE 'chaos%' GROUP BY u.grain",
    grains=("hour", "day", "week", "month"),
    unfinished={
        "batches without roll-up": "SELECT id FROM kpis_readingbatch WHERE rolled_up_at IS NULL AND added > 0",
        "parked deliveries": "SELECT id, handler, last_error FROM core_delivery WHERE parked_at IS NOT NULL",
    },
)


def examine(stack: Stack, journal: Journal, ledger: Ledger = OURS) -> list[str]:
    """What is lost, doubled or inconsistent, in words."""
    problems: list[str] = []
    acked, sent = journal.acknowledged(), journal.sent()
    batches = dict(rows(stack, ledger.batches))
    for key, answer in acked.items():
        if batches.pop(answer["batch"], None) != len(sent[key]):
            problems.append(f"{key} was acknowledged as batch {answer['batch']}, which is not there as sent")
    if batches:
        problems.append(f"batches nobody was told of, or told of twice: {sorted(batches)[:5]}")
    expected = sum(len(sent[key]) for key in acked)
    stored = rows(stack, ledger.stored)
    if stored != [(expected,)]:
        problems.append(f"{expected} readings were acknowledged, {stored[0][0]} are stored")
    counted = rows(stack, ledger.rollups)
    total = sum(int(one["value"]) for key in acked for one in sent[key])
    if sorted(counted) != sorted((grain, expected, total) for grain in ledger.grains):
        problems.append(f"rollups hold {counted} instead of {expected} readings that sum to {total}")
    for name, query in ledger.unfinished.items():
        found = rows(stack, query)
        if found:
            problems.append(f"{name}: {found[:5]}")
    return problems


def unfinished(stack: Stack, ledger: Ledger = OURS) -> int:
    return sum(len(rows(stack, query)) for query in ledger.unfinished.values())


def broken_invariants(stack: Stack) -> list[str]:
    """What the platform's own check finds wrong."""
    try:
        stack.manage("verify")
    except RuntimeError as error:
        return [str(error)]
    return []
