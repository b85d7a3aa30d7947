"""Filling KPIs from the records of other apps: each metric is read again for the last days and stored like readings."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.core.access import scope
from apps.core.metrics import Metric, metrics
from apps.core.values import Period
from apps.kpis import rollup
from apps.kpis.ingest import Measured
from apps.kpis.models import Definition, Origin, ReadingBatch
from apps.kpis.series import zone
from apps.kpis.services.readings import record_readings

log = logging.getLogger("ops.kpis")
LOOK_BACK = {
    "hour": timedelta(days=2),
    "day": timedelta(days=10),
    "week": timedelta(weeks=4),
    "month": timedelta(days=70),
}
FIRST_LOOK = timedelta(days=800)


def collect_metrics(*, now: datetime) -> int:
    """Every KPI made of platform records is brought up to date; one that fails is named in the log and left for later."""
    kpis = Definition.objects.filter(origin=Origin.METRIC, archived_at__isnull=True).select_related("department")
    changed = 0
    for kpi in list(kpis):
        try:
            with transaction.atomic():
                changed += bool(collect_metric(kpi, now=now))
        except Exception:
            log.exception("The figure %s could not be collected", kpi.metric)
    return changed


def fill_from_metric(kpi_id: int, *, now: datetime) -> None:
    """The past of a KPI that was just made of platform records."""
    kpi = Definition.objects.filter(pk=kpi_id, origin=Origin.METRIC, archived_at__isnull=True).first()
    if kpi is not None:
        collect_metric(kpi, now=now)


def collect_metric(kpi: Definition, *, now: datetime, since: datetime | None = None) -> ReadingBatch | None:
    """Store what the metric says of the recent periods; equal values change nothing, vanished ones are removed.

    The first time, and after a change of metric, all the past that the metric knows is read.
    """
    metric = metrics.get(kpi.metric)
    if metric is None:
        return None
    start = since or now - (LOOK_BACK[kpi.grain] if _collected(kpi) else FIRST_LOOK)
    first = Period.containing(start, zone(), kpi.grain).start
    with scope.system("collecting figures from the records of all departments"):
        rows = _measured(kpi, metric, first, now)
        _remove_vanished(kpi, rows, first, now)
        if not rows:
            return None
        batch = record_readings(
            rows, source=ReadingBatch.Source.SYSTEM, department=kpi.department, actor=None, note=metric.label
        )
        if not batch.added and not batch.corrected:
            ReadingBatch.objects.filter(pk=batch.pk).delete()
            return None
    return batch


def _collected(kpi: Definition) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM kpis_reading WHERE kpi_id = %s)", [kpi.pk])
        return bool(cursor.fetchone()[0])


def _measured(kpi: Definition, metric: Metric, start: datetime, end: datetime) -> list[Measured]:
    found = metric.collect(start, end, kpi.grain, str(zone()))
    return [(kpi.pk, one.department_id, one.at, one.value, one.weight) for one in found]


def _remove_vanished(kpi: Definition, rows: list[Measured], start: datetime, end: datetime) -> None:
    """Periods in which nothing is left have no value, not a stale one."""
    kept: list[Any] = [[row[1] for row in rows], [row[2] for row in rows]]
    with connection.cursor() as cursor:
        cursor.execute(rollup.LOCK)
        cursor.execute("DROP TABLE IF EXISTS kpis_dirty")
        cursor.execute(
            "CREATE TEMPORARY TABLE kpis_dirty (kpi_id bigint, department_id bigint, start timestamptz) ON COMMIT DROP"
        )
        cursor.execute(
            "WITH gone AS (DELETE FROM kpis_reading r WHERE kpi_id = %s AND at >= %s AND at < %s AND NOT EXISTS ("
            " SELECT 1 FROM unnest(%s::bigint[], %s::timestamptz[]) AS k(department_id, at)"
            " WHERE k.department_id = r.department_id AND k.at = r.at) RETURNING kpi_id, department_id, at)"
            " INSERT INTO kpis_dirty SELECT DISTINCT kpi_id, department_id, date_trunc('hour', at, %s) FROM gone",
            [kpi.pk, start, end, *kept, rollup.zone()],
        )
        rollup.recompute_dirty(-1)
