"""What work does by the clock: open recurring tasks, tell breaches, escalate approvals."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.events.schedule import every
from apps.work import services


@every(timedelta(minutes=1), name="work.open_due_tasks", max_backfill=1)
def open_due_tasks(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("opening recurring tasks of all departments"):
        services.open_due_tasks(now=timezone.now())


@every(timedelta(minutes=1), name="work.mark_breaches", max_backfill=1)
def mark_breaches(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("telling which tasks are over their SLA"):
        services.mark_breaches(now=timezone.now())


@every(timedelta(minutes=1), name="work.escalate_approvals", max_backfill=1)
def escalate_approvals(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("asking the people above where approvals wait too long"):
        services.escalate_approvals(now=timezone.now())
