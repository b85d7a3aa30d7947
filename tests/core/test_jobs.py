"""Slow work of a person: progress while it runs, cancel, a reason when it fails, and a worker that dies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events import delivery
from apps.core.jobs.running import Progress, cancel_job, job, request_job
from apps.core.models import Delivery, Job
from tests.factories import people

pytestmark = pytest.mark.django_db(transaction=True)
Body = Callable[[Job, Any, Progress], dict[str, Any]]
body: dict[str, Body] = {}


@job("test.slow", "Slow work")
def slow(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    return body["run"](row, owner, progress)


def ask() -> tuple[Job, User, int]:
    with transaction.atomic(), scope.system("test"):
        places = people.company()
        owner = people.user(role="OPM", department=places.root)
    with transaction.atomic(), scope.of(owner):
        row = request_job("test.slow", label="Slow work", params={"n": 3}, actor=owner, department_id=places.root.pk)
    return row, owner, Delivery.objects.get(handler="core.run_job").pk


def fresh(row: Job) -> Job:
    with transaction.atomic(), scope.system("test"):
        return Job.objects.get(pk=row.pk)


def test_progress_is_seen_by_others_while_the_job_runs() -> None:
    row, _, key = ask()
    told, go_on = threading.Event(), threading.Event()

    def run(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
        progress.tell("Half way", 1, 2)
        told.set()
        assert go_on.wait(20)
        return {"url": "/there/"}

    body["run"] = run
    thread = threading.Thread(target=lambda: (delivery.deliver(key), connection.close()))
    thread.start()
    assert told.wait(10)
    now = fresh(row)
    try:
        assert (now.state, now.step, now.done_count, now.total_count) == ("running", "Half way", 1, 2)
        assert now.started_at is not None
        assert delivery.deliver(key) == "skipped", "nobody else starts it meanwhile, however long it takes"
    finally:
        go_on.set()
        thread.join()
    now = fresh(row)
    assert (now.state, now.result) == ("done", {"url": "/there/"})
    assert now.finished_at is not None
    assert Delivery.objects.get(pk=key).done_at is not None


def test_the_owner_and_nobody_else_cancels() -> None:
    row, owner, key = ask()
    with transaction.atomic(), scope.system("test"):
        other = people.user()
        with pytest.raises(Refused):
            cancel_job(row, actor=other)
    steps: list[int] = []

    def run(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
        for step in range(5):
            progress.tell("Working", step, 5)
            steps.append(step)
            if step == 1:
                with transaction.atomic(), scope.of(owner):
                    cancel_job(row, actor=owner)
        return {}

    body["run"] = run
    assert delivery.deliver(key) == "done"
    assert steps == [0, 1]
    assert fresh(row).state == "cancelled"
    with transaction.atomic(), scope.of(owner), pytest.raises(Refused) as refused:
        cancel_job(fresh(row), actor=owner)
    assert refused.value.code == "job_finished"


def test_a_job_cancelled_before_it_began_never_begins() -> None:
    row, owner, key = ask()
    body["run"] = lambda *_: pytest.fail("it ran")
    with transaction.atomic(), scope.of(owner):
        assert cancel_job(row, actor=owner).state == "cancelled"
    assert delivery.deliver(key) == "done"
    assert fresh(row).state == "cancelled"


def test_a_refusal_is_the_answer_and_not_retried() -> None:
    row, _, key = ask()

    def run(*_: Any) -> dict[str, Any]:
        raise Refused("There are no figures for this week.", code="no_figures", details={"week": "2026-W01"})

    body["run"] = run
    assert delivery.deliver(key) == "done"
    now = fresh(row)
    assert (now.state, now.problem) == ("failed", "There are no figures for this week.")
    assert now.result == {"week": "2026-W01"}


def test_a_bug_is_retried_told_without_its_insides_and_in_the_end_given_up() -> None:
    row, _, key = ask()

    def run(*_: Any) -> dict[str, Any]:
        raise ValueError("secret insides")

    body["run"] = run
    for _ in range(5):
        assert fresh(row).state != "failed"
        Delivery.objects.filter(pk=key).update(available_at=Now())
        assert delivery.deliver(key) == "failed"
        assert f"reference job {row.pk}" in fresh(row).problem
        assert "secret" not in fresh(row).problem
    now = fresh(row)
    assert now.state == "failed"
    assert now.finished_at is not None
    parked = Delivery.objects.get(pk=key)
    assert parked.state == "parked"
    assert "secret insides" in parked.last_error
    body["run"] = lambda *_: {"n": 1}
    delivery.replay(parked)
    assert delivery.deliver(key) == "done"
    now = fresh(row)
    assert (now.state, now.problem, now.result) == ("done", "", {"n": 1})


def test_a_job_whose_worker_died_is_taken_up_again() -> None:
    row, _, key = ask()

    class Death(BaseException):
        """Leaves like a killed worker."""

    def die(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
        progress.tell("Begun", 1, 2)
        raise Death

    body["run"] = die
    with pytest.raises(Death):
        delivery.deliver(key)
    assert fresh(row).state == "running"
    body["run"] = lambda *_: {"n": 2}
    assert delivery.deliver(key) == "skipped", "its lease is short, but not over"
    Delivery.objects.filter(pk=key).update(leased_until=Now())
    assert delivery.deliver(key) == "done"
    assert (fresh(row).state, fresh(row).result) == ("done", {"n": 2})


def test_an_unknown_kind_is_refused() -> None:
    _, owner, _ = ask()
    with transaction.atomic(), scope.of(owner), pytest.raises(Refused) as refused:
        request_job("test.unknown", label="?", params={}, actor=owner)
    assert refused.value.code == "unknown_job"
