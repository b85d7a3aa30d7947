"""What cases do by the clock: times that have come."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.events.schedule import every
from apps.workflows.services import messages, waiting


@every(timedelta(minutes=1), name="workflows.tell_due", max_backfill=1)
def tell_due(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("telling cases of times that have come"):
        waiting.tell_due(now=timezone.now())


@every(timedelta(minutes=1), name="workflows.expire_messages", max_backfill=1)
def expire_messages(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("throwing away messages that nobody came to wait for"):
        messages.expire_messages(now=timezone.now())


@every(timedelta(days=1), name="workflows.forget_messages", max_backfill=1)
def forget_messages(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("forgetting messages that are settled"):
        messages.forget_old(now=period_start)
