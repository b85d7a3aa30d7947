"""The relay and the schedule: one leader, unique periods, and a broker that may forget or be dead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from apps.core.access import scope
from apps.core.events import relay as relays
from apps.core.events import schedule
from apps.core.events.facts import Fact
from apps.core.events.handlers import Handler, handlers, on
from apps.core.events.log import emit
from apps.core.models import Delivery, Event, JobRun
from opsplatform.celery import app

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
seen: list[int] = []


@dataclass(frozen=True, kw_only=True)
class Rung(Fact, name="test.rung"):
    """Something for the relay to carry."""


@on(Rung, name="test.rung_short")
def rung_short(event: Event) -> None:
    seen.append(event.pk)


@on(Rung, name="test.rung_slow", slow=True)
def rung_slow(event: Event) -> None:
    seen.append(-event.pk)


@pytest.fixture
def hourly() -> Iterator[schedule.Scheduled]:
    """A scheduled job that only this test plans."""
    name = "test.hourly"
    if name not in schedule.jobs:
        schedule.every(timedelta(hours=1), name=name, max_backfill=10)(lambda _start: None)
    assert isinstance(handlers[f"job:{name}"], Handler)
    yield schedule.jobs[name]


@pytest.fixture
def relay() -> Iterator[relays.Relay]:
    seen.clear()
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()
    made = relays.Relay()
    yield made
    made._forget_session()
    client.flushdb()
    client.close()


def ring(count: int = 1) -> None:
    for number in range(count):
        with transaction.atomic(), scope.system("test"):
            emit(Rung(subject=f"bell:{number}"), actor=None)


def owed() -> int:
    """Deliveries of one ring: the two here, and the commons that hear every fact."""
    return sum(1 for one in handlers if one.wants(Rung, "test.rung") and one.when is None)


def queued() -> int:
    with app.connection_for_read() as broker:
        client = broker.default_channel.client
        return int(client.llen("default")) + int(client.llen("slow"))


def runs(job: schedule.Scheduled) -> list[datetime]:
    return list(JobRun.objects.filter(job=job.name).order_by("period_start").values_list("period_start", flat=True))


def test_a_missed_time_is_filled_up_and_nothing_is_planned_twice(hourly: schedule.Scheduled) -> None:
    schedule.plan_due_runs(NOON)
    schedule.plan_due_runs(NOON)
    schedule.plan_due_runs(NOON + timedelta(hours=3))
    noon = NOON.replace(second=0)
    assert runs(hourly) == [noon + timedelta(hours=n) for n in range(4)]
    schedule.plan_due_runs(NOON + timedelta(days=3))
    assert len(runs(hourly)) == 4 + hourly.max_backfill
    assert [job for job, _ in schedule.missing_runs() if job == hourly.name] == []
    JobRun.objects.filter(job=hourly.name, period_start=runs(hourly)[-3]).delete()
    assert [job for job, _ in schedule.missing_runs() if job == hourly.name] == [hourly.name]


def test_two_planners_at_once_plan_each_period_once(hourly: schedule.Scheduled) -> None:
    start = threading.Barrier(4)

    def plan() -> None:
        start.wait()
        for hour in range(6):
            schedule.plan_due_runs(NOON + timedelta(hours=hour))
        connection.close()

    threads = [threading.Thread(target=plan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs(hourly)) == 6
    with transaction.atomic(), scope.system("test"):
        assert Event.objects.filter(name="core.job_due", subject=f"job:{hourly.name}").count() == 6


def test_a_job_receives_the_start_of_its_period(hourly: schedule.Scheduled) -> None:
    got: list[datetime] = []
    schedule.every(timedelta(days=1), name=f"test.daily{len(schedule.jobs)}")(got.append)
    handler = handlers.names()[-1]
    event = Event(payload={"job": "x", "period_start": "2026-03-02T00:00:00+00:00"})
    handlers[handler].run(event)
    assert got == [datetime(2026, 3, 2, tzinfo=UTC)]


def test_of_two_relays_one_leads_until_it_is_gone(relay: relays.Relay) -> None:
    second = relays.Relay()
    try:
        assert relay._lead()
        assert not second._lead()
        relay._forget_session()
        assert second._lead()
        assert not relay._lead()
    finally:
        second._forget_session()


def test_each_delivery_is_published_once_and_again_when_no_answer_comes(relay: relays.Relay) -> None:
    ring(3)
    assert relay._broker_is_there()
    assert relay._publish() == 3 * owed()
    assert relay._publish() == 0
    assert queued() == 3 * owed()
    Delivery.objects.update(sent_at=Now() - timedelta(seconds=relays.RESEND_SECONDS + 1))
    assert relay._publish() == 3 * owed()


def test_a_broker_that_forgot_gets_everything_again_at_once(relay: relays.Relay) -> None:
    ring(2)
    assert relay._broker_is_there()
    relay._publish()
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    assert relay._broker_is_there()
    assert relay._publish() == 2 * owed()
    assert queued() == 2 * owed()


def test_with_a_dead_broker_short_effects_are_run_by_the_relay(relay: relays.Relay, tmp_path: Path) -> None:
    ring(3)
    Delivery.objects.update(available_at=Now() - timedelta(seconds=10))
    relay.redis = redis.Redis(unix_socket_path=str(tmp_path / "nobody.sock"))
    assert relay._lead()
    relay._turn()
    assert len(seen) == 3
    assert not Delivery.objects.filter(slow=False, done_at__isnull=True, handler="test.rung_short").exists()
    assert Delivery.objects.filter(slow=True, attempts=0, handler__startswith="test.").count() == 3, (
        "slow ones wait for a worker"
    )


def test_deliveries_that_wait_for_a_retry_do_not_starve_the_others(relay: relays.Relay, tmp_path: Path) -> None:
    ring(40)
    hour = timedelta(hours=1)
    first = Delivery.objects.filter(slow=False).order_by("id").values_list("id", flat=True)[:30]
    Delivery.objects.update(available_at=Now() - timedelta(seconds=60))
    Delivery.objects.filter(pk__in=list(first)).update(available_at=Now() + hour, attempts=1)
    relay._sweep(False)
    assert len(seen) == 10
