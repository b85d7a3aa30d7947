"""What reports do by the clock: start packs that are due and close runs whose job was given up."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.events.schedule import every
from apps.reports import services


@every(timedelta(minutes=5), name="reports.run_due_packs", max_backfill=1)
def run_due_packs(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("starting report packs that are due"):
        services.run_due_packs(now=timezone.now())
        services.fail_stuck_runs()
