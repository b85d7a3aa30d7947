"""Scheduled work of the organisation: moves that were dated ahead take effect."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from apps.core.events.schedule import every
from apps.org import services


@every(timedelta(hours=1), name="org.apply_placements", max_backfill=1)
def apply_placements(period_start: datetime) -> None:
    services.apply_placements(today=timezone.localdate(period_start))
    services.refresh_homes()
