"""Storing readings in bulk: COPY to a work table, one INSERT, equal repeats ignored, changed values kept as corrections."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg2.errors import UniqueViolation

from apps.core.errors import Refused

# kpi, department, time, value, weight (the denominator of a ratio)
Measured = tuple[int, int, datetime, Decimal, Decimal | None]

NULL = "\\N"
WORK_TABLE = """
CREATE TEMPORARY TABLE kpis_incoming (
  kpi_id bigint, department_id bigint, at timestamptz, value numeric(24, 6), weight numeric(24, 6)) ON COMMIT DROP
"""
TWINS = """
SELECT kpi_id, department_id, at FROM kpis_incoming GROUP BY 1, 2, 3
HAVING count(DISTINCT (value, weight)) > 1 LIMIT 5
"""
# Nearly all batches hold only new readings: a plain insert proves it, and no search for repeats and no statistics are paid for.
ALL_NEW = """
INSERT INTO kpis_reading (kpi_id, department_id, at, value, weight, batch_id)
SELECT kpi_id, department_id, at, value, weight, %s FROM kpis_incoming ORDER BY kpi_id, department_id, at
"""
STORE = """
WITH done AS (
  INSERT INTO kpis_reading AS r (kpi_id, department_id, at, value, weight, batch_id)
  SELECT DISTINCT ON (kpi_id, department_id, at) kpi_id, department_id, at, value, weight, %s FROM kpis_incoming
  ORDER BY kpi_id, department_id, at
  ON CONFLICT (kpi_id, department_id, at) DO UPDATE
    SET value = EXCLUDED.value, weight = EXCLUDED.weight, batch_id = EXCLUDED.batch_id, corrected = true
    WHERE (r.value, r.weight) IS DISTINCT FROM (EXCLUDED.value, EXCLUDED.weight)
  RETURNING NOT corrected AS fresh)
SELECT count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE NOT fresh) FROM done
"""


@dataclass(frozen=True)
class Stored:
    """What an ingestion did."""

    rows: int
    added: int
    corrected: int
    first_at: datetime | None
    last_at: datetime | None


def store(rows: Iterable[Measured], *, batch_id: int) -> Stored:
    """All rows or none, in the caller's transaction and scope; rows outside the scope are refused by the database."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kpis_incoming")
        cursor.execute(WORK_TABLE)
        cursor.copy_expert("COPY kpis_incoming FROM STDIN", _Lines(rows))
        cursor.execute("SELECT count(*), min(at), max(at) FROM kpis_incoming")
        count, first_at, last_at = cursor.fetchone()
        if not count:
            return Stored(0, 0, 0, None, None)
        cursor.execute("SELECT kpis_ensure_partitions(%s, %s)", [first_at, last_at])
        try:
            with transaction.atomic():
                cursor.execute(ALL_NEW, [batch_id])
                added, corrected = cursor.rowcount, 0
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            added, corrected = _merge(cursor, batch_id)
    return Stored(count, added, corrected, first_at, last_at)


def _merge(cursor: Any, batch_id: int) -> tuple[int, int]:
    """The careful way, when a reading occurs twice or is known already: how many were added, how many corrected."""
    cursor.execute(TWINS)
    twins = cursor.fetchall()
    if twins:
        raise Refused(
            f"{twins[0][2]:%Y-%m-%d %H:%M} occurs twice with different values. Keep one row per KPI, department and time.",
            code="duplicate_readings",
        )
    cursor.execute("ANALYZE kpis_incoming")
    cursor.execute(STORE, [batch_id])
    added, corrected = cursor.fetchone()
    return added, corrected


class _Lines(io.RawIOBase):
    """Rows as COPY text, made while the database reads them, so that a million rows need no memory."""

    def __init__(self, rows: Iterable[Measured]) -> None:
        self._rows = iter(rows)
        self._buffer = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._buffer) < size:
            lines = []
            for kpi, department, at, value, weight in self._rows:
                lines.append(f"{kpi}\t{department}\t{at.isoformat()}\t{value}\t{NULL if weight is None else weight}\n")
                if len(lines) == 2000:
                    break
            if not lines:
                break
            self._buffer += "".join(lines).encode()
        if size < 0:
            size = len(self._buffer)
        piece, self._buffer = self._buffer[:size], self._buffer[size:]
        return piece
