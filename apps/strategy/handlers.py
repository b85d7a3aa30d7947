"""Reactions of strategy to facts."""

from __future__ import annotations

from apps.core.events.handlers import on
from apps.core.models import Event
from apps.kpis.events import ReadingsRolledUp
from apps.strategy import services


@on(ReadingsRolledUp, name="strategy.move_key_results")
def move_key_results(event: Event) -> None:
    services.refresh_for(event.payload["kpi_ids"])
