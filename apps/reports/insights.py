"""Figures that reports compute from their own records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.core.insights import measured
from apps.core.metrics import Measure, Metric, offer

READY = """
SELECT department_id, date_trunc(%(grain)s, created_at, %(zone)s), count(*) FILTER (WHERE state = 'ready'), count(*)
FROM reports_reportrun WHERE created_at >= %(start)s AND created_at < %(end)s AND state IN ('ready', 'failed')
GROUP BY 1, 2
"""


def ready_reports(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
    return measured(READY, start, end, grain, zone)


offer(
    Metric(
        name="reports.ready",
        label="Reports made",
        help="Reports that could be made, of all that were asked for.",
        unit="%",
        rule="ratio",
        direction="higher",
        grain="day",
        factor=100,
        collect=ready_reports,
        records="/reports/",
    )
)
