"""What inventory does by the clock: propose orders, class items, plan cycle counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.events.schedule import every
from apps.inventory import services
from apps.inventory.models import Location


@every(timedelta(days=1), name="inventory.propose_orders", max_backfill=1)
def propose_orders(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("proposing orders by the stock policies"):
        services.propose_orders(today=timezone.localdate())


@every(timedelta(days=7), name="inventory.class_items", max_backfill=1)
def class_items(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("classing items by what was used"):
        services.class_items(today=timezone.localdate())


@every(timedelta(days=7), name="inventory.plan_cycle_counts", max_backfill=1)
def plan_cycle_counts(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("planning cycle counts by class"):
        for place in Location.objects.filter(kind=Location.Kind.STOCK, archived_at__isnull=True).order_by("id"):
            services.plan_cycle_counts(location=place, today=timezone.localdate(), actor=None)
