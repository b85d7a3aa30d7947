"""Scheduled jobs: unique runs per period, back-filled from the last one, told as facts like everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from apps.core.access import scope
from apps.core.events.facts import JobDue
from apps.core.events.handlers import Handler, handlers
from apps.core.events.log import emit
from apps.core.models import Event, JobRun
from apps.core.registry import Registry

EPOCH = datetime(2000, 1, 3, tzinfo=UTC)  # a Monday, so that weekly periods start on Mondays


@dataclass(frozen=True)
class Scheduled:
    """A job that runs once per period, whose body receives the period's start and never asks for now."""

    name: str
    every: timedelta
    offset: timedelta
    max_backfill: int

    def period_at(self, now: datetime) -> datetime:
        """Start of the latest period that is due at `now`."""
        count = (now - self.offset - EPOCH) // self.every
        return EPOCH + count * self.every


jobs: Registry[Scheduled] = Registry("scheduled job")


def every(
    interval: timedelta, *, name: str, offset: timedelta = timedelta(0), max_backfill: int = 48, slow: bool = False
) -> Callable[[Callable[[datetime], None]], Callable[[datetime], None]]:
    """Declare a scheduled job in an app's tasks.py; the body gets the period start and calls one service."""

    def declare(body: Callable[[datetime], None]) -> Callable[[datetime], None]:
        def run(event: Event) -> None:
            body(datetime.fromisoformat(event.payload["period_start"]))

        jobs.add(name, Scheduled(name, interval, offset, max_backfill))
        handlers.add(f"job:{name}", Handler(f"job:{name}", run, lambda _kind, _name: False, slow))
        return body

    return declare


def plan_due_runs(now: datetime) -> int:
    """Insert every missing run up to now; returns how many were planned. Safe with two leaders: periods are unique."""
    planned = 0
    for job in jobs:
        latest = job.period_at(now)
        last = (
            JobRun.objects.filter(job=job.name).order_by("-period_start").values_list("period_start", flat=True).first()
        )
        start = last + job.every if last else latest
        start = max(start, latest - job.every * (job.max_backfill - 1))
        while start <= latest:
            planned += _plan(job, start)
            start += job.every
    return planned


def _plan(job: Scheduled, period_start: datetime) -> int:
    with transaction.atomic(), scope.system("planning scheduled jobs"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"job_run:{job.name}"])
        if JobRun.objects.filter(job=job.name, period_start=period_start).exists():
            return 0
        event = emit(JobDue(subject=f"job:{job.name}", job=job.name, period_start=period_start.isoformat()), actor=None)
        JobRun.objects.create(job=job.name, period_start=period_start, event_id=event.pk)
    return 1


def missing_runs() -> list[tuple[str, datetime]]:
    """Periods without a run between a job's runs, as far back as back-filling promises them."""
    missing = []
    for job in jobs:
        found = list(
            JobRun.objects.filter(job=job.name)
            .order_by("-period_start")
            .values_list("period_start", flat=True)[: job.max_backfill]
        )
        if not found:
            continue
        oldest = max(found[-1], found[0] - job.every * (job.max_backfill - 1))
        start, known = found[0], set(found)
        while start > oldest:
            start -= job.every
            if start not in known:
                missing.append((job.name, start))
    return missing
