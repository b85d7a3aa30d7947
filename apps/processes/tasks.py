"""What processes does by the clock: revisions become effective on their day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.events.schedule import every
from apps.processes import services


@every(timedelta(minutes=10), name="processes.make_due_effective", max_backfill=1)
def make_due_effective(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("making approved revisions effective on their day"):
        services.make_due_effective(today=timezone.localdate())
