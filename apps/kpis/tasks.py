"""What KPIs do by the clock: collect figures from records, notice silence, wake and escalate alerts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.events.schedule import every
from apps.kpis import services


@every(timedelta(hours=1), name="kpis.collect", max_backfill=1, slow=True)
def collect(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("collecting figures from the records of all departments"):
        services.collect_metrics(now=timezone.now())


@every(timedelta(hours=1), name="kpis.look_for_missing", max_backfill=1)
def look_for_missing(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("looking for KPIs that fell silent"):
        services.look_for_missing(now=timezone.now())


@every(timedelta(minutes=5), name="kpis.move_alerts_on", max_backfill=1)
def move_alerts_on(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("waking and escalating alerts"):
        services.move_alerts_on(now=timezone.now())
