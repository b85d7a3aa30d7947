"""Figures the organisation computes from its own records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.core.insights import measured
from apps.core.metrics import Measure, Metric, offer

# Counted on the first day of each period, so that a week or month has one figure.
HEADCOUNT = """
SELECT g.department_id, t.at, count(DISTINCT g.user_id), NULL::numeric
FROM (SELECT day AT TIME ZONE %(zone)s AS at FROM generate_series(
    date_trunc(%(grain)s, %(start)s::timestamptz AT TIME ZONE %(zone)s), %(end)s::timestamptz AT TIME ZONE %(zone)s,
    ('1 ' || %(grain)s)::interval) AS s(day)) AS t
JOIN org_rolegrant g ON g.valid_from <= (t.at AT TIME ZONE %(zone)s)::date
  AND (g.valid_until IS NULL OR g.valid_until > (t.at AT TIME ZONE %(zone)s)::date)
WHERE t.at < %(end)s GROUP BY 1, 2
"""


def headcount(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
    return measured(HEADCOUNT, start, end, grain, zone)


offer(
    Metric(
        name="org.headcount",
        label="People with a role",
        help="People who hold a role in the department at the beginning of the period.",
        unit="",
        rule="last",
        across="sum",
        direction="range",
        grain="day",
        collect=headcount,
        records="/people/",
    )
)
