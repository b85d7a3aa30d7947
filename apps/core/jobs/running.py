"""Requesting and running jobs: the request is a row and a fact; the runner reports progress and may be cancelled."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models.functions import Now

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.facts import JobRequested
from apps.core.events.handlers import on
from apps.core.events.log import emit
from apps.core.models import Event, Job
from apps.core.registry import Registry

log = logging.getLogger("ops.jobs")
HANDLER = "core.run_job"
SETTLED = (Job.State.DONE, Job.State.CANCELLED)


class Cancelled(Exception):
    """The person who asked for the job took the request back."""


@dataclass
class Progress:
    """What a runner tells about its work; each telling is committed, so that everybody sees it."""

    job_id: int

    def tell(self, step: str, done: int, total: int) -> None:
        """Raises Cancelled when the owner asked to stop."""
        with transaction.atomic(), scope.system("job progress"):
            Job.objects.filter(pk=self.job_id).update(step=step, done_count=done, total_count=total)
            cancelled = Job.objects.values_list("cancel_requested", flat=True).get(pk=self.job_id)
        if cancelled:
            raise Cancelled

    def tell_from_within(self, step: str, done: int, total: int) -> None:
        """The same out of a long transaction: a thread has a database connection of its own, which commits at once."""

        def aside() -> None:
            try:
                self.tell(step, done, total)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as beside:
            beside.submit(aside).result()


@dataclass(frozen=True)
class Runner:
    kind: str
    label: str
    run: Callable[[Job, Any, Progress], dict[str, Any]]


runners: Registry[Runner] = Registry("job kind")


def job(kind: str, label: str) -> Callable[[Callable[[Job, Any, Progress], dict[str, Any]]], Any]:
    """Declare how a kind of job is run: run(job, owner, progress) returns the result. It may run twice without harm."""

    def declare(run: Callable[[Job, Any, Progress], dict[str, Any]]) -> Any:
        return runners.add(kind, Runner(kind, label, run)).run

    return declare


def request_job(kind: str, *, label: str, params: dict[str, Any], actor: Any, department_id: int | None = None) -> Job:
    """Ask for slow work; a worker begins after commit."""
    if kind not in runners:
        raise Refused(f"There is no job of kind '{kind}'.", code="unknown_job")
    with transaction.atomic():
        row = Job.objects.create(kind=kind, label=label, params=params, owner_id=actor.pk, department_id=department_id)
        emit(
            JobRequested(
                subject=f"job:{row.pk}",
                departments=(department_id,) if department_id else (),
                job_id=row.pk,
                kind=kind,
            ),
            actor=actor,
        )
    return row


def cancel_job(job_row: Job, *, actor: Any) -> Job:
    """The owner takes the request back; a running job stops at its next progress step."""
    if job_row.owner_id != actor.pk:
        raise Refused("Only the person who started this job can cancel it.", code="not_owner")
    if job_row.finished:
        raise Refused("This job is finished; there is nothing to cancel.", code="job_finished")
    with transaction.atomic():
        Job.objects.filter(pk=job_row.pk).update(cancel_requested=True)
        Job.objects.filter(pk=job_row.pk, state=Job.State.WAITING).update(state=Job.State.CANCELLED, finished_at=Now())
    job_row.refresh_from_db()
    return job_row


def give_up_job(event: Event) -> None:
    """The last attempt failed: the person is told, and may ask again."""
    Job.objects.filter(pk=event.payload["job_id"]).exclude(state__in=SETTLED).update(
        state=Job.State.FAILED,
        problem=f"Something went wrong on our side (reference job {event.payload['job_id']}). Start it again later.",
        finished_at=Now(),
    )


@on(JobRequested, name=HANDLER, slow=True, given_up=give_up_job)
def run_job(event: Event) -> None:
    with transaction.atomic(), scope.system("reading a requested job"):
        row = Job.objects.get(pk=event.payload["job_id"])
        if row.state in SETTLED:
            return
        owner = get_user_model()._default_manager.get(pk=row.owner_id)
        Job.objects.filter(pk=row.pk).update(state=Job.State.RUNNING, started_at=Now(), finished_at=None, problem="")
    try:
        result = runners[row.kind].run(row, owner, Progress(row.pk))
    except Cancelled:
        _finish(row, Job.State.CANCELLED, {}, "")
    except Refused as error:
        _finish(row, Job.State.FAILED, error.details, error.message)
    except Exception:
        log.exception("Job %s of kind %s failed", row.pk, row.kind)
        _say_retrying(row)
        raise
    else:
        _finish(row, Job.State.DONE, result, "")


def _finish(row: Job, state: str, result: dict[str, Any], problem: str) -> None:
    with transaction.atomic(), scope.system("finishing a job"):
        Job.objects.filter(pk=row.pk).update(state=state, result=result, problem=problem, finished_at=Now())


def _say_retrying(row: Job) -> None:
    """A bug is retried by the delivery; the person is told meanwhile."""
    with transaction.atomic(), scope.system("marking a failed job"):
        Job.objects.filter(pk=row.pk).update(
            problem=f"Something went wrong on our side (reference job {row.pk}). It is tried again by itself."
        )
