"""What rules do by the clock: planned times, runs whose worker died, and rules that fell silent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.events.schedule import every
from apps.workflows import matching
from apps.workflows.services import runs


@every(timedelta(minutes=1), name="workflows.fire_due_rules", max_backfill=1)
def fire_due_rules(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("firing rules whose time has come"):
        matching.fire_due(now=timezone.now())


@every(timedelta(minutes=1), name="workflows.sweep_runs", max_backfill=1)
def sweep_runs(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("picking up runs whose worker died"):
        runs.pick_up_dead(now=timezone.now())
        runs.wake_waiting(now=timezone.now())


@every(timedelta(minutes=10), name="workflows.alarm_silent_rules", max_backfill=1)
def alarm_silent_rules(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("looking for rules that fell silent"):
        matching.alarm_silent(now=timezone.now())
