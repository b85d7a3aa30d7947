"""Figures the kernel computes from its own records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection

from apps.core.metrics import Measure, Metric, offer

JOBS = """
SELECT department_id, date_trunc(%(grain)s, finished_at, %(zone)s) AS at,
  count(*) FILTER (WHERE state = 'failed'), count(*)
FROM core_job WHERE finished_at >= %(start)s AND finished_at < %(end)s AND department_id IS NOT NULL
  AND state IN ('done', 'failed') GROUP BY 1, 2
"""


def failed_jobs(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
    return measured(JOBS, start, end, grain, zone)


def measured(query: str, start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
    """Rows of (department, start of the period, value, weight or NULL) as measures."""
    with connection.cursor() as cursor:
        cursor.execute(query, {"start": start, "end": end, "grain": grain, "zone": zone})
        for department_id, at, value, weight in cursor.fetchall():
            yield Measure(department_id, at, Decimal(value), None if weight is None else Decimal(weight))


offer(
    Metric(
        name="core.jobs_failed",
        label="Jobs that failed",
        help="Imports, exports, reports and other slow work that failed, of all that finished.",
        unit="%",
        rule="ratio",
        direction="lower",
        grain="day",
        factor=100,
        collect=failed_jobs,
    )
)
