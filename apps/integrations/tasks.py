"""Scheduled duties of integrations: addresses whose pause is over, and logs that grow old."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from apps.core.events.schedule import every
from apps.integrations import services


@every(timedelta(minutes=1), name="integrations.call_waiting", max_backfill=1)
def call_waiting(period_start: datetime) -> None:
    services.call_waiting(now=timezone.now())


@every(timedelta(days=1), name="integrations.forget_old", max_backfill=1)
def forget_old(period_start: datetime) -> None:
    services.forget_old(now=period_start)
