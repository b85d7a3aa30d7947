"""What cases do by the clock: times that have come."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.events.schedule import every
from apps.workflows.services import waiting


@every(timedelta(minutes=1), name="workflows.tell_due", max_backfill=1)
def tell_due(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("telling cases of times that have come"):
        waiting.tell_due(now=timezone.now())
