"""What must always hold between readings, batches and rollups."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from apps.core.invariants import SHOWN_ROWS, Invariant, Rows, invariant, register

SAMPLE = 200
COMPARED = """
WITH chosen AS (
  SELECT kpi_id, department_id, start FROM kpis_rollup WHERE grain = 'day'
  ORDER BY updated_at DESC, hashint8(kpi_id) LIMIT %(sample)s),
raw AS (
  SELECT c.kpi_id, c.department_id, c.start, count(*) AS count, sum(r.value) AS total, sum(r.weight) AS weight,
    min(r.value) AS minimum, max(r.value) AS maximum
  FROM chosen c JOIN kpis_reading r ON r.kpi_id = c.kpi_id AND r.department_id = c.department_id
    AND r.at >= c.start AND r.at < ((c.start AT TIME ZONE %(zone)s) + interval '1 day') AT TIME ZONE %(zone)s
  JOIN kpis_readingbatch b ON b.id = r.batch_id AND b.rolled_up_at IS NOT NULL
  GROUP BY 1, 2, 3)
SELECT k.kpi_id, k.department_id, k.start FROM chosen
JOIN kpis_rollup k USING (kpi_id, department_id, start)
LEFT JOIN raw ON raw.kpi_id = k.kpi_id AND raw.department_id = k.department_id AND raw.start = k.start
WHERE k.grain = 'day' AND (k.count, k.total, k.weight, k.minimum, k.maximum)
  IS DISTINCT FROM (raw.count, raw.total, raw.weight, raw.minimum, raw.maximum)
"""

invariant(
    "I5.batch",
    "Every batch that brought something has its fact",
    """SELECT b.id FROM kpis_readingbatch b WHERE b.added + b.corrected > 0 AND NOT EXISTS (
         SELECT 1 FROM core_event e WHERE e.name = 'kpis.readings_recorded' AND e.subject = 'reading_batch:' || b.id)""",
)
invariant(
    "I7.rollup",
    "No batch is rolled up twice",
    """SELECT subject, count(*) FROM core_event WHERE name = 'kpis.readings_rolled_up'
       GROUP BY subject HAVING count(*) > 1""",
)
invariant(
    "I10.grains",
    "Hours, days, weeks and months of a KPI count the same readings",
    """SELECT kpi_id, department_id, max(c), min(c) FROM (
         SELECT kpi_id, department_id, grain, sum(count) AS c FROM kpis_rollup GROUP BY 1, 2, 3) g
       GROUP BY 1, 2 HAVING max(c) <> min(c) OR count(*) <> 4""",
)


def _wrong_days() -> Rows:
    """The days changed last against their readings; hours and the rest follow from I10.grains and the same sums."""
    with connection.cursor() as cursor:
        cursor.execute(COMPARED, {"zone": settings.TIME_ZONE, "sample": SAMPLE})
        rows: Rows = cursor.fetchmany(SHOWN_ROWS)
    return rows


register(Invariant(id="I10.raw", sentence="Days rolled up last equal their readings", find_violations=_wrong_days))
