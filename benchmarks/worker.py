"""The Celery worker of the event benchmark: one bare task and one handler that do the same insert."""

from __future__ import annotations

import os
from dataclasses import dataclass

import django
from celery import shared_task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsplatform.settings")
django.setup()

from apps.core.events.facts import Fact  # noqa: E402 - Django must be set up first
from apps.core.events.handlers import on  # noqa: E402
from apps.core.models import Event  # noqa: E402
from opsplatform.celery import app  # noqa: E402

INSERT = "INSERT INTO bare_effect (number) VALUES (%s)"


@dataclass(frozen=True, kw_only=True)
class Measured(Fact, name="bench.measured"):
    """Something to react to."""

    number: int = 0


def insert(number: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(INSERT, [number])


@on(Measured, name="bench.effect")
def effect(event: Event) -> None:
    insert(event.payload["number"])


@shared_task(name="bench.bare")
def bare(number: int) -> None:
    insert(number)


__all__ = ["app"]
