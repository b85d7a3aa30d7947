"""Reactions of KPIs to facts."""

from __future__ import annotations

from apps.core.events.handlers import on
from apps.core.models import Event
from apps.kpis import services
from apps.kpis.events import ReadingsRecorded


@on(ReadingsRecorded, name="kpis.roll_up")
def roll_up(event: Event) -> None:
    services.roll_up_batch(event.payload["batch_id"])
