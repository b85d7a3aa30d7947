"""The only writers of KPI tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.kpis import events, ingest, rollup
from apps.kpis.ingest import Measured
from apps.kpis.models import Definition, ReadingBatch, Target
from apps.org.models import Department


def define_kpi(*, actor: Any, **values: Any) -> Definition:
    """The code names the KPI in files and formulas and is unique in the company."""
    return write.create(Definition(**values), actor=actor, fact=events.KpiDefined)


def change_kpi(kpi: Definition, *, actor: Any, version: int | None = None, **values: Any) -> Definition:
    """The roll-up rule of a KPI that has readings stays, because its history was computed with it."""
    if (
        values.get("rule", kpi.rule) != kpi.rule
        and ReadingBatch.objects.filter(rows__gt=0).exists()
        and _has_readings(kpi)
    ):
        raise Refused(
            "This KPI has readings, so its roll-up rule stays. Define a new KPI instead.",
            code="rule_fixed",
            field="rule",
        )
    return write.change(kpi, values, actor=actor, fact=events.KpiChanged, version=version)


def _has_readings(kpi: Definition) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM kpis_rollup WHERE kpi_id = %s)", [kpi.pk])
        return bool(cursor.fetchone()[0])


def archive_kpi(kpi: Definition, *, actor: Any, version: int | None = None) -> Definition:
    """An archived KPI takes no readings and leaves dashboards; its history stays."""
    return write.archive(kpi, actor=actor, fact=events.KpiChanged, version=version)


def restore_kpi(kpi: Definition, *, actor: Any) -> Definition:
    """An archived KPI can come back."""
    return write.restore(kpi, actor=actor, fact=events.KpiChanged)


def set_target(*, kpi: Definition, department: Department, valid_from: date, actor: Any, **values: Any) -> Target:
    """From its first day a target replaces the one before it, which ends that day."""
    _check_limits(kpi, values)
    if kpi.rule == Definition.Rule.SUM and not values.get("per"):
        raise Refused("This KPI is a sum, so say which period the target counts for.", code="per_missing", field="per")
    with transaction.atomic():
        former = Target.objects.filter(
            kpi=kpi,
            department=department,
            per=values.get("per", ""),
            valid_until__isnull=True,
            valid_from__lt=valid_from,
        )
        for one in former.select_for_update(of=("self",)):
            write.change(one, {"valid_until": valid_from}, actor=actor, fact=events.TargetChanged)
        target = Target(kpi=kpi, department=department, valid_from=valid_from, **values)
        return write.create(target, actor=actor, fact=events.TargetSet)


def change_target(target: Target, /, *, actor: Any, version: int | None = None, **values: Any) -> Target:
    """Limits must stand in the order of the KPI's direction."""
    names = ("target", "amber", "upper_target", "upper_amber")
    _check_limits(target.kpi, {name: values.get(name, getattr(target, name)) for name in names})
    return write.change(target, values, actor=actor, fact=events.TargetChanged, version=version)


def _check_limits(kpi: Definition, values: dict[str, Any]) -> None:
    target, amber = values["target"], values["amber"]
    if kpi.direction == Definition.Direction.HIGHER and amber > target:
        raise Refused(
            "Higher is better here, so the at-risk limit lies at or below the target.", code="limits", field="amber"
        )
    if kpi.direction == Definition.Direction.LOWER and amber < target:
        raise Refused(
            "Lower is better here, so the at-risk limit lies at or above the target.", code="limits", field="amber"
        )
    if kpi.direction == Definition.Direction.RANGE:
        upper, upper_amber = values.get("upper_target"), values.get("upper_amber")
        if upper is None or upper < target:
            raise Refused(
                "Give the upper end of the range, at or above its lower end.", code="limits", field="upper_target"
            )
        if amber > target or (upper_amber is not None and upper_amber < upper):
            raise Refused("At-risk limits lie outside of the target range.", code="limits", field="amber")


def record_reading(
    *, kpi: Definition, department: Department, at: datetime, value: Decimal, actor: Any, weight: Decimal | None = None
) -> ReadingBatch:
    """One value typed in by a person; the same time again corrects it."""
    check_weight(kpi, weight)
    row: Measured = (kpi.pk, department.pk, at, value, weight)
    return record_readings([row], source=ReadingBatch.Source.FORM, department=department, actor=actor, note=kpi.name)


def check_weight(kpi: Definition, weight: Decimal | None) -> None:
    """Ratios need their denominator, other rules have none."""
    if kpi.rule == Definition.Rule.RATIO and weight is None:
        raise Refused(f"{kpi.name} is a ratio: give the denominator as weight.", code="weight_missing", field="weight")
    if kpi.rule != Definition.Rule.RATIO and weight is not None:
        raise Refused(f"{kpi.name} is no ratio: leave weight empty.", code="weight_not_wanted", field="weight")


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
