"""Keeping the percentile buckets of readings: added with each batch, counted anew where readings were corrected.

Only KPIs with the percentile rule pay for them. Counts of buckets add up, so the coarser periods are sums of hours.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from apps.kpis.sketch import BUCKET

SKETCHED = "SELECT kpi_id FROM kpis_version WHERE rule = 'percentile' AND archived_at IS NULL"
_HOURS = f"""
SELECT kpi_id, department_id, date_trunc('hour', at, %(zone)s) AS start, {BUCKET.format("value")} AS bucket,
  count(*) AS count
FROM {{source}} r WHERE {{where}} GROUP BY 1, 2, 3, 4
"""
_ALL_GRAINS = """
WITH hours AS MATERIALIZED ({hours}), parts AS (
  SELECT 'hour' AS grain, hours.* FROM hours UNION ALL
  SELECT g.grain, kpi_id, department_id, date_trunc(g.grain, start, %(zone)s), bucket, sum(count)::bigint
  FROM hours CROSS JOIN (VALUES ('day'), ('week'), ('month')) AS g(grain) GROUP BY 1, 2, 3, 4, 5)
INSERT INTO kpis_sketch AS s (kpi_id, department_id, grain, start, bucket, count)
SELECT kpi_id, department_id, grain, start, bucket, count FROM parts ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (kpi_id, department_id, grain, start, bucket) DO UPDATE SET count = s.count + EXCLUDED.count
"""
# Counts of the hours to be counted anew leave all grains first.
_TAKE_OUT = """
WITH hours AS (
  DELETE FROM kpis_sketch s USING kpis_dirty d WHERE s.kpi_id = d.kpi_id AND s.department_id = d.department_id
    AND s.grain = 'hour' AND s.start = d.start
  RETURNING s.kpi_id, s.department_id, s.start, s.bucket, s.count),
less AS (
  SELECT kpi_id, department_id, g.grain, date_trunc(g.grain, start, %(zone)s) AS start, bucket, sum(count) AS count
  FROM hours CROSS JOIN (VALUES ('day'), ('week'), ('month')) AS g(grain) GROUP BY 1, 2, 3, 4, 5)
UPDATE kpis_sketch s SET count = s.count - l.count FROM less l
WHERE (s.kpi_id, s.department_id, s.grain, s.start, s.bucket) = (l.kpi_id, l.department_id, l.grain, l.start, l.bucket)
"""


def add_batch(cursor: Any, params: dict[str, Any]) -> None:
    """Add a batch's new readings; `params` are those of the roll-up."""
    where = "batch_id = %(batch)s AND NOT corrected AND at BETWEEN %(first)s AND %(last)s"
    if _needed(cursor):
        _add(cursor, params, "kpis_reading", where)


def recompute_dirty(cursor: Any, params: dict[str, Any], *, source: str, where: str) -> None:
    """Count the hours of kpis_dirty anew; batches that wait for their own turn stay out by `where`."""
    if not _needed(cursor):
        return
    cursor.execute(_TAKE_OUT, params)
    _add(cursor, params, source, where)
    cursor.execute(
        "DELETE FROM kpis_sketch s USING kpis_dirty d WHERE s.kpi_id = d.kpi_id AND s.department_id = d.department_id"
        " AND s.count = 0"
    )


def rebuild(cursor: Any, kpi_id: int) -> None:
    """Buckets of one KPI from all its rolled-up readings, when percentiles are wanted from now on."""
    params = {"zone": settings.TIME_ZONE, "kpi": kpi_id}
    cursor.execute("DELETE FROM kpis_sketch WHERE kpi_id = %s", [kpi_id])
    where = (
        "kpi_id = %(kpi)s AND EXISTS (SELECT 1 FROM kpis_readingbatch b WHERE b.id = r.batch_id"
        " AND b.rolled_up_at IS NOT NULL)"
    )
    cursor.execute(_ALL_GRAINS.format(hours=_HOURS.format(source="kpis_reading", where=where)), params)


def _needed(cursor: Any) -> bool:
    cursor.execute(f"SELECT EXISTS ({SKETCHED})")
    return bool(cursor.fetchone()[0])


def _add(cursor: Any, params: dict[str, Any], source: str, where: str) -> None:
    hours = _HOURS.format(source=source, where=f"{where} AND r.kpi_id IN ({SKETCHED})")
    cursor.execute(_ALL_GRAINS.format(hours=hours), params)
