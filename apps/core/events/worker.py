"""The Celery tasks: a message is only the id of a delivery row."""

from __future__ import annotations

from celery import shared_task

from apps.core.events.delivery import deliver


@shared_task(name="core.deliver")
def deliver_one(delivery_id: int) -> None:
    deliver(delivery_id)


@shared_task(name="core.deliver_slow", soft_time_limit=600, time_limit=660)
def deliver_slow(delivery_id: int) -> None:
    deliver(delivery_id)
