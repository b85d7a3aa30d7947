"""Scheduled duties of comms: held notices and digests leave when their time has come."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from apps.comms import services
from apps.core.events.schedule import every


@every(timedelta(minutes=5), name="comms.release", max_backfill=1)
def release(period_start: datetime) -> None:
    services.release_due(now=timezone.now())


@every(timedelta(minutes=5), name="comms.show_announcements", max_backfill=1)
def show_announcements(period_start: datetime) -> None:
    services.show_due(now=timezone.now())


@every(timedelta(minutes=1), name="comms.move_escalations_on", max_backfill=1)
def move_escalations_on(period_start: datetime) -> None:
    services.move_on(now=timezone.now())


@every(timedelta(days=1), name="comms.forget_old", max_backfill=1)
def forget_old(period_start: datetime) -> None:
    services.forget_old(now=period_start)
