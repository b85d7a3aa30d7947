"""Scheduled duties of comms: held notices and digests leave when their time has come."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from apps.comms import services
from apps.core.events.schedule import every


@every(timedelta(minutes=5), name="comms.release", max_backfill=1)
def release(period_start: datetime) -> None:
    services.release_due(now=timezone.now())
