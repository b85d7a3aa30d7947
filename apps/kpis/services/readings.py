"""Recording readings, rolling them up once, and taking a batch back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.kpis import events, ingest, rollup
from apps.kpis.ingest import Measured
from apps.kpis.models import Definition, Origin, ReadingBatch, Rule
from apps.kpis.models.definition import OWN_NAMES
from apps.kpis.series import names_in
from apps.org.models import Department


def record_reading(
    *, kpi: Definition, department: Department, at: datetime, value: Decimal, actor: Any, weight: Decimal | None = None
) -> ReadingBatch:
    """One value typed in by a person; the same time again corrects it."""
    check_weight(kpi, weight)
    row: Measured = (kpi.pk, department.pk, at, value, weight)
    return record_readings([row], source=ReadingBatch.Source.FORM, department=department, actor=actor, note=kpi.name)


def check_weight(kpi: Definition, weight: Decimal | None) -> None:
    """Ratios and weighted means need their denominator, other rules have none; computed KPIs take no readings."""
    if kpi.origin == Origin.METRIC or (kpi.origin == Origin.FORMULA and not names_in(kpi.formula) & set(OWN_NAMES)):
        raise Refused(
            f"{kpi.name} is computed and takes no readings. Enter the values it is made of.",
            code="computed",
            field="kpi",
        )
    if kpi.origin == Origin.FORMULA:
        return
    weighted = kpi.rule in {Rule.RATIO, Rule.WEIGHTED}
    if weighted and weight is None:
        word = "ratio: give the denominator" if kpi.rule == Rule.RATIO else "weighted mean: give the weight"
        raise Refused(f"{kpi.name} is a {word} as weight.", code="weight_missing", field="weight")
    if not weighted and weight is not None:
        raise Refused(f"{kpi.name} has no weights: leave weight empty.", code="weight_not_wanted", field="weight")


def record_readings(
    rows: Iterable[Measured], *, source: str, department: Department, actor: Any, note: str = ""
) -> ReadingBatch:
    """Store readings, all or none, and tell the log; a worker rolls them up. Equal repeats change nothing.

    `department` is whose batch it is; every row must lie within the actor's reach, which the database enforces.
    """
    with transaction.atomic():
        batch: ReadingBatch = ReadingBatch.objects.create(
            source=source, department=department, sender=actor, note=note[:200]
        )
        stored = ingest.store(rows, batch_id=batch.pk)
        batch.rows, batch.added, batch.corrected = stored.rows, stored.added, stored.corrected
        batch.unchanged = stored.rows - stored.added - stored.corrected
        batch.first_at, batch.last_at = stored.first_at, stored.last_at
        if not stored.added and not stored.corrected:
            batch.rolled_up_at = Now()
        batch.save(update_fields=["rows", "added", "corrected", "unchanged", "first_at", "last_at", "rolled_up_at"])
        batch.refresh_from_db()
        if stored.added or stored.corrected:
            emit(
                events.ReadingsRecorded(
                    subject=batch.subject(),
                    departments=(department.pk,),
                    batch_id=batch.pk,
                    added=stored.added,
                    corrected=stored.corrected,
                ),
                actor=actor,
            )
    return batch


def roll_up_batch(batch_id: int, *, actor: Any = None) -> bool:
    """Bring a batch into the rollups, once; returns whether there was something to do."""
    with transaction.atomic():
        batch = ReadingBatch.objects.select_for_update().get(pk=batch_id)
        if batch.rolled_up_at is not None or batch.first_at is None:
            return False
        rollup.add_batch(batch.pk, batch.first_at, batch.last_at)
        ReadingBatch.objects.filter(pk=batch_id).update(rolled_up_at=Now())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT kpi_id FROM kpis_reading WHERE batch_id = %s AND at BETWEEN %s AND %s",
                [batch_id, batch.first_at, batch.last_at],
            )
            kpi_ids = tuple(sorted(row[0] for row in cursor.fetchall()))
        emit(
            events.ReadingsRolledUp(
                subject=batch.subject(),
                departments=(batch.department_id,),
                batch_id=batch_id,
                kpi_ids=kpi_ids,
                first_at=batch.first_at.isoformat(),
                last_at=batch.last_at.isoformat(),
            ),
            actor=actor,
        )
    return True


def undo_batch(batch: ReadingBatch, *, actor: Any) -> ReadingBatch:
    """Take back a batch that only added readings; their periods are computed anew."""
    if not rights_of(actor).covers("kpi_value", "u", batch) and batch.sender_id != actor.pk:
        raise Refused("Only its sender or somebody who may change KPI values can undo this.", code="not_allowed")
    if batch.corrected:
        raise Refused(
            "This batch corrected older values, which are not kept. Send the right values instead.", code="corrected"
        )
    if batch.archived_at is not None:
        raise Refused("This batch is already undone.", code="wrong_state")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(rollup.LOCK)
        cursor.execute("DROP TABLE IF EXISTS kpis_dirty")
        cursor.execute(
            "CREATE TEMPORARY TABLE kpis_dirty (kpi_id bigint, department_id bigint, start timestamptz) ON COMMIT DROP"
        )
        cursor.execute(
            "WITH gone AS (DELETE FROM kpis_reading WHERE batch_id = %s AND at BETWEEN %s AND %s"
            " RETURNING kpi_id, department_id, at)"
            " INSERT INTO kpis_dirty SELECT DISTINCT kpi_id, department_id, date_trunc('hour', at, %s) FROM gone",
            [batch.pk, batch.first_at, batch.last_at, rollup.zone()],
        )
        rollup.recompute_dirty(batch.pk)
        ReadingBatch.objects.filter(pk=batch.pk).update(archived_at=Now(), rolled_up_at=Now(), version=F("version") + 1)
        emit(
            events.ReadingsUndone(
                subject=batch.subject(), departments=(batch.department_id,), batch_id=batch.pk, rows=batch.added
            ),
            actor=actor,
        )
    batch.refresh_from_db()
    return batch
