"""Rolling readings up: new readings are added to the periods they touch, corrected periods are computed anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from apps.kpis import sketching

GRAINS = ("hour", "day", "week", "month")
LOCK = "SELECT pg_advisory_xact_lock(hashtext('kpis.rollup'))"
COLUMNS = (
    "kpi_id, department_id, grain, start, count, total, weight, products, squares, minimum, maximum,"
    " first_at, first_value, last_at, last_value"
)

# The latest value is found without sorting: the greatest (time, value) pair.
_HOURS = """
SELECT kpi_id, department_id, date_trunc('hour', at, %(zone)s) AS start, count(*) AS count, sum(value) AS total,
  sum(weight) AS weight, sum(value * weight) AS products, sum(value * value) AS squares, min(value) AS minimum, max(value) AS maximum,
  min(at) AS first_at, (min(ARRAY[extract(epoch FROM at), value]))[2] AS first_value,
  max(at) AS last_at, (max(ARRAY[extract(epoch FROM at), value]))[2] AS last_value
FROM {source} r WHERE {where} GROUP BY 1, 2, 3
"""
_COARSER = """
SELECT kpi_id, department_id, date_trunc('{grain}', start, %(zone)s) AS start, sum(count)::bigint AS count,
  sum(total) AS total, sum(weight) AS weight, sum(products) AS products, sum(squares) AS squares, min(minimum) AS minimum, max(maximum) AS maximum,
  min(first_at) AS first_at, (min(ARRAY[extract(epoch FROM first_at), first_value]))[2] AS first_value,
  max(last_at) AS last_at, (max(ARRAY[extract(epoch FROM last_at), last_value]))[2] AS last_value
FROM {source} GROUP BY 1, 2, 3
"""
_ADD = f"""
INSERT INTO kpis_rollup AS r ({COLUMNS})
SELECT kpi_id, department_id, grain, start, count, total, weight, products, squares, minimum, maximum,
  first_at, first_value, last_at, last_value FROM parts
ORDER BY kpi_id, department_id, grain, start
ON CONFLICT (kpi_id, department_id, grain, start) DO UPDATE SET
  count = r.count + EXCLUDED.count, total = r.total + EXCLUDED.total, squares = r.squares + EXCLUDED.squares,
  weight = CASE WHEN r.weight IS NULL THEN EXCLUDED.weight ELSE r.weight + coalesce(EXCLUDED.weight, 0) END,
  products = CASE WHEN r.products IS NULL THEN EXCLUDED.products ELSE r.products + coalesce(EXCLUDED.products, 0) END,
  minimum = least(r.minimum, EXCLUDED.minimum), maximum = greatest(r.maximum, EXCLUDED.maximum),
  first_value = CASE WHEN EXCLUDED.first_at < r.first_at THEN EXCLUDED.first_value ELSE r.first_value END,
  first_at = least(r.first_at, EXCLUDED.first_at),
  last_value = CASE WHEN EXCLUDED.last_at > r.last_at THEN EXCLUDED.last_value ELSE r.last_value END,
  last_at = greatest(r.last_at, EXCLUDED.last_at), updated_at = now()
"""
_DIRTY = """
CREATE TEMPORARY TABLE kpis_dirty ON COMMIT DROP AS
SELECT DISTINCT kpi_id, department_id, date_trunc('hour', at, %(zone)s) AS start FROM kpis_reading
WHERE batch_id = %(batch)s AND corrected AND at BETWEEN %(first)s AND %(last)s
"""
# Hours are few and readings many: from each hour straight to its readings by their key.
_READINGS_OF_DIRTY = """
(SELECT r.* FROM kpis_dirty d JOIN kpis_reading r ON r.kpi_id = d.kpi_id AND r.department_id = d.department_id
 AND r.at >= d.start AND r.at < d.start + interval '1 hour')
"""


def add_batch(batch_id: int, first_at: datetime, last_at: datetime) -> None:
    """Merge a batch's new readings into all four grains, then recompute the hours it corrected.

    Call once per batch, in one transaction with its receipt. Batches may come in any order: whoever is not rolled up
    yet is left out of every recomputation and adds itself later.
    """
    params: dict[str, Any] = {"zone": settings.TIME_ZONE, "batch": batch_id, "first": first_at, "last": last_at}
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        hours = _HOURS.format(
            source="kpis_reading", where="batch_id = %(batch)s AND NOT corrected AND at BETWEEN %(first)s AND %(last)s"
        )
        coarser = " UNION ALL ".join(
            f"SELECT '{grain}' AS grain, g.* FROM ({_COARSER.format(grain=grain, source='hours')}) g"
            for grain in GRAINS[1:]
        )
        cursor.execute(
            f"WITH hours AS MATERIALIZED ({hours}), parts AS (SELECT 'hour' AS grain, hours.* FROM hours UNION ALL {coarser})"
            f" {_ADD}",
            params,
        )
        sketching.add_batch(cursor, params)
        cursor.execute("DROP TABLE IF EXISTS kpis_dirty")
        cursor.execute(_DIRTY, params)
        recompute_dirty(batch_id)


def recompute_dirty(batch_id: int) -> None:
    """Compute anew every hour named in kpis_dirty and the coarser periods around them."""
    params: dict[str, Any] = {"zone": settings.TIME_ZONE, "batch": batch_id}
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM kpis_dirty LIMIT 1")
        if cursor.fetchone() is None:
            return
        cursor.execute("ANALYZE kpis_dirty")
        cursor.execute(
            "DELETE FROM kpis_rollup r USING kpis_dirty d WHERE r.kpi_id = d.kpi_id AND r.department_id = d.department_id"
            " AND r.grain = 'hour' AND r.start = d.start"
        )
        # Batches that wait for their own turn stay out.
        where = (
            "NOT EXISTS (SELECT 1 FROM kpis_readingbatch b WHERE b.id = r.batch_id AND b.rolled_up_at IS NULL"
            " AND b.id <> %(batch)s)"
        )
        parts = _HOURS.format(source=_READINGS_OF_DIRTY, where=where)
        cursor.execute(f"WITH parts AS (SELECT 'hour' AS grain, h.* FROM ({parts}) h) {_ADD}", params)
        for grain in GRAINS[1:]:
            _recompute_grain(cursor, grain, params)
        sketching.recompute_dirty(cursor, params, source=_READINGS_OF_DIRTY, where=where)


def _recompute_grain(cursor: object, grain: str, params: dict[str, Any]) -> None:
    touched = f"SELECT DISTINCT kpi_id, department_id, date_trunc('{grain}', start, %(zone)s) AS start FROM kpis_dirty"
    execute = cursor.execute  # type: ignore[attr-defined]
    execute(
        f"DELETE FROM kpis_rollup r USING ({touched}) d WHERE r.kpi_id = d.kpi_id AND r.department_id = d.department_id"
        f" AND r.grain = '{grain}' AND r.start = d.start",
        params,
    )
    source = (
        f"(SELECT h.* FROM kpis_rollup h JOIN ({touched}) d ON h.kpi_id = d.kpi_id AND h.department_id = d.department_id"
        f" AND h.grain = 'hour' AND h.start >= d.start"
        f" AND h.start < ((d.start AT TIME ZONE %(zone)s) + interval '1 {grain}') AT TIME ZONE %(zone)s) h"
    )
    execute(
        f"WITH parts AS (SELECT '{grain}' AS grain, g.* FROM ({_COARSER.format(grain=grain, source=source)}) g) {_ADD}",
        params,
    )


def full_recompute() -> None:
    """All rollups from all rolled-up readings: the reference that the incremental way must equal."""
    params: dict[str, Any] = {"zone": settings.TIME_ZONE, "batch": -1}
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute("DROP TABLE IF EXISTS kpis_dirty")
        cursor.execute(
            "CREATE TEMPORARY TABLE kpis_dirty ON COMMIT DROP AS SELECT DISTINCT kpi_id, department_id,"
            " date_trunc('hour', at, %(zone)s) AS start FROM kpis_reading UNION"
            " SELECT kpi_id, department_id, start FROM kpis_rollup WHERE grain = 'hour'",
            params,
        )
        recompute_dirty(-1)


def zone() -> str:
    """Days, weeks and months are those of the company's time zone."""
    return str(settings.TIME_ZONE)
