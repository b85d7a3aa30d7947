"""Reactions of KPIs to facts."""

from __future__ import annotations

from django.utils import timezone

from apps.core.events.handlers import on
from apps.core.models import Event
from apps.kpis import services
from apps.kpis.events import KpiChanged, KpiDefined, ReadingsRecorded, ReadingsRolledUp


@on(ReadingsRecorded, name="kpis.roll_up")
def roll_up(event: Event) -> None:
    services.roll_up_batch(event.payload["batch_id"])


@on(ReadingsRolledUp, name="kpis.look")
def look(event: Event) -> None:
    services.look_at(event.payload["kpi_ids"], now=timezone.now())


@on(KpiDefined, name="kpis.fill")
def fill(event: Event) -> None:
    """A KPI made of platform records gets its past at once."""
    services.fill_from_metric(int(event.subject.partition(":")[2]), now=timezone.now())


@on(KpiChanged, name="kpis.refill")
def refill(event: Event) -> None:
    fill(event)
