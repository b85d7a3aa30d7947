"""The event log under fire: one effect per event and handler, whatever the broker, the workers and the clock do."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import psycopg2.extensions
import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from apps.core.access import scope
from apps.core.events import context, delivery
from apps.core.events.facts import Fact
from apps.core.events.handlers import handlers, on, on_every
from apps.core.events.log import ChainTooDeep, emit, emit_many
from apps.core.models import Delivery, Event, JobRun
from apps.org import services as org
from tests.factories import people

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True, kw_only=True)
class Struck(Fact, name="test.struck"):
    """Something happened in a test."""

    number: int = 0


@dataclass(frozen=True, kw_only=True)
class Echoed(Fact, name="test.echoed"):
    """A handler answered."""

    number: int = 0


Body = Callable[[Event], None]
body: dict[str, Body] = {}


@on(Struck, name="test.hear")
def hear(event: Event) -> None:
    body.get("hear", record)(event)


@on(Echoed, name="test.hear_echo")
def hear_echo(event: Event) -> None:
    body.get("hear_echo", lambda _: None)(event)


def worth(event: Event) -> bool | str:
    """No for other tests' facts; else the database says, while it writes."""
    return event.subject.startswith("asked:") and "(told.payload ->> 'number')::int > 1 AND told.actor_id IS NULL"


@on_every(name="test.hear_some", when=worth)
def hear_some(event: Event) -> None:
    body.get("hear_some", lambda _: None)(event)


def record(event: Event) -> None:
    """An effect that would show if it happened twice: a row per call, in the handler's transaction."""
    JobRun.objects.create(job=f"effect {event.pk}", period_start=Now(), event_id=event.pk)


def effects() -> Counter[int]:
    return Counter(JobRun.objects.filter(job__startswith="effect").values_list("event_id", flat=True))


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    body.clear()
    yield
    body.clear()


@contextmanager
def system() -> Iterator[None]:
    with transaction.atomic(), scope.system("test"):
        yield


def strike(count: int = 1, *, key: str = "") -> list[int]:
    """Emit facts, each in its own transaction; returns the ids of their deliveries."""
    for number in range(count):
        with system():
            emit(Struck(subject=key or f"thing:{number}", number=number), actor=None)
    return list(Delivery.objects.filter(handler="test.hear").order_by("id").values_list("id", flat=True))


def due_now(key: int) -> None:
    Delivery.objects.filter(pk=key).update(available_at=Now(), leased_until=None)


def test_a_fact_belongs_into_the_transaction_of_its_change() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        emit(Struck(subject="thing:1"), actor=None)
    with pytest.raises(ZeroDivisionError), system():
        emit(Struck(subject="thing:1"), actor=None)
        raise ZeroDivisionError
    assert not Delivery.objects.exists()


def test_facts_of_one_change_are_written_together_in_their_order() -> None:
    with CaptureQueriesContext(connection) as caught, system():
        before = len(caught.captured_queries)
        facts = [Struck(subject="asked:1", number=number, changes={"n": [0, number]}) for number in range(4)]
        told = emit_many(facts, actor=None, after=timedelta(hours=1))
        spent = [one["sql"].split()[0] for one in caught.captured_queries[before:]]
    assert spent in (["EXECUTE"], ["PREPARE", "EXECUTE"])
    with system():
        kept = list(Event.objects.order_by("pk"))
        assert [(one.pk, one.at, one.name, one.payload, one.changes) for one in told] == [
            (one.pk, one.at, one.name, one.payload, one.changes) for one in kept
        ]
        assert [one.payload["number"] for one in kept] == [0, 1, 2, 3]
        for handler, heard in (("test.hear", kept), ("test.hear_some", kept[2:])):
            owed = Delivery.objects.filter(handler=handler).select_related("event").order_by("pk")
            assert [one.event_id for one in owed] == [one.pk for one in heard]
            assert all(one.key == "asked:1" and one.available_at > one.event.at for one in owed)
        assert emit_many([], actor=None) == []


def test_twenty_shuffled_deliveries_in_four_threads_have_one_effect_each() -> None:
    keys = strike(15)
    calls = keys * 20
    random.Random(7).shuffle(calls)

    def work(share: list[int]) -> list[str]:
        try:
            return [delivery.deliver(key) for key in share]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = Counter(word for words in pool.map(work, [calls[n::4] for n in range(4)]) for word in words)
    with system():
        assert effects() == Counter(Event.objects.filter(name="test.struck").values_list("id", flat=True))
    assert outcomes["done"] == 15
    assert set(outcomes) == {"done", "skipped"}
    assert not Delivery.objects.filter(handler="test.hear", done_at__isnull=True).exists()


def test_an_effect_and_its_receipt_are_one_transaction() -> None:
    [key] = strike()

    def work_and_fail(event: Event) -> None:
        record(event)
        raise ValueError("too late")

    body["hear"] = work_and_fail
    assert delivery.deliver(key) == "failed"
    assert not effects()
    assert "too late" in Delivery.objects.get(pk=key).last_error


def test_a_failing_handler_is_retried_with_pauses_then_parked_and_the_rest_goes_on() -> None:
    bad, good = strike(2)

    def fail(event: Event) -> None:
        if event.payload["number"] == 0:
            raise ValueError("number nought")
        record(event)

    body["hear"] = fail
    pauses = []
    for _ in range(5):
        due_now(bad)
        assert delivery.deliver(bad) == "failed"
        row = Delivery.objects.annotate(now=Now()).get(pk=bad)
        pauses.append((row.available_at - row.now).total_seconds())
        assert delivery.deliver(bad) == "skipped", "its pause is not over"
    assert [round(pause, -1 if pause > 30 else 0) for pause in pauses[:4]] == [2, 10, 60, 300]
    row = Delivery.objects.get(pk=bad)
    assert (row.state, row.attempts) == ("parked", 5)
    assert delivery.deliver(good) == "done"
    due_now(bad)
    assert delivery.deliver(bad) == "skipped", "parked means parked"


def test_a_worker_that_dies_in_the_middle_is_counted_and_in_the_end_parked() -> None:
    [key] = strike()

    class Death(BaseException):
        """Leaves like a killed worker: nothing after the body runs."""

    def die(_: Event) -> None:
        raise Death

    body["hear"] = die
    for attempt in range(1, 6):
        due_now(key)
        with pytest.raises(Death):
            delivery.deliver(key)
        assert Delivery.objects.get(pk=key).attempts == attempt
    due_now(key)
    assert delivery.deliver(key) == "skipped"
    row = Delivery.objects.get(pk=key)
    assert row.state == "parked"
    assert "worker died" in row.last_error


def test_a_parked_delivery_is_started_again_on_screen_and_the_audit_shows_it(client: object) -> None:
    [key] = strike()
    Delivery.objects.filter(pk=key).update(parked_at=Now(), attempts=5, last_error="broken")
    with system():
        cast = people.cast()
    client.force_login(cast.admin, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[attr-defined]
    assert client.post(f"/deliveries/{key}/replay/").status_code in {302, 303}  # type: ignore[attr-defined]
    row = Delivery.objects.get(pk=key)
    assert (row.state, row.attempts) == ("waiting", 0)
    with system():
        told = Event.objects.get(name="core.delivery_replayed")
        assert (told.actor_id, told.payload["delivery_id"]) == (cast.admin.pk, key)
    assert delivery.deliver(key) == "done"
    delivery.replay(row)
    assert delivery.deliver(key) == "skipped", "its receipt forbids a second effect"
    assert list(effects().values()) == [1]


def test_a_handler_this_version_does_not_know_is_left_for_one_that_does() -> None:
    [key] = strike()
    Delivery.objects.filter(pk=key).update(handler="future.handler")
    for _ in range(7):
        assert delivery.deliver(key) == "skipped"
    assert Delivery.objects.get(pk=key).attempts == 0


def test_events_of_one_record_are_handed_out_in_order() -> None:
    first, second, third = strike(3, key="thing:same")
    with connection.cursor() as cursor:

        def ready() -> list[int]:
            cursor.execute(
                f"SELECT d.id FROM core_delivery d WHERE {delivery.READY} AND d.handler = 'test.hear' ORDER BY 1"
            )
            return [row[0] for row in cursor.fetchall()]

        assert ready() == [first]
        assert delivery.deliver(first) == "done"
        assert ready() == [second]
        Delivery.objects.filter(pk=second).update(available_at=Now() + timedelta(minutes=1))
        assert ready() == [], "the third waits while the second waits for its retry"
        Delivery.objects.filter(pk=second).update(parked_at=Now())
        assert ready() == [third], "a parked one no longer holds up the others"


def test_an_effect_that_takes_longer_than_its_lease_is_not_started_twice() -> None:
    [key] = strike()
    inside, go_on = threading.Event(), threading.Event()

    def linger(event: Event) -> None:
        inside.set()
        assert go_on.wait(20)
        record(event)

    body["hear"] = linger
    answers: list[str] = []

    def work() -> None:
        answers.append(delivery.deliver(key))
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(10)
    try:
        for _ in range(3):
            assert delivery.deliver(key) == "skipped"
    finally:
        go_on.set()
        thread.join()
    assert answers == ["done"]
    assert Delivery.objects.get(pk=key).attempts == 1


def test_causes_are_chained_over_three_hops_and_the_request_stays_with_them() -> None:
    def echo(event: Event) -> None:
        emit(Echoed(subject=event.subject, number=1), actor=None)

    def echo_again(event: Event) -> None:
        if event.payload["number"] < 2:
            emit(Echoed(subject=event.subject, number=2), actor=None)

    body.update({"hear": echo, "hear_echo": echo_again})
    with context.entered(request_id="req-1"):
        strike()
    for _ in range(3):
        for key in Delivery.objects.filter(done_at__isnull=True).values_list("id", flat=True):
            assert delivery.deliver(key) == "done"
    with system():
        struck, one, two = Event.objects.order_by("id")
    assert (struck.cause_id, one.cause_id, two.cause_id) == (None, struck.pk, one.pk)
    assert {struck.request_id, one.request_id, two.request_id} == {"req-1"}


def test_a_loop_between_handlers_ends() -> None:
    def echo(event: Event) -> None:
        emit(Echoed(subject="loop:1"), actor=None)

    body.update({"hear": echo, "hear_echo": echo})
    strike()
    for _ in range(40):
        waiting = Delivery.objects.filter(done_at__isnull=True, attempts=0).values_list("id", flat=True)
        for key in list(waiting):
            delivery.deliver(key)
    stuck = Delivery.objects.get(done_at__isnull=True)
    assert ChainTooDeep.__name__ in stuck.last_error
    with system():
        assert Event.objects.count() <= 25


def test_nobody_but_the_owner_can_change_the_log(owner_cursor: psycopg2.extensions.cursor) -> None:
    strike()
    for statement in (
        "UPDATE core_event SET subject = 'x'",
        "DELETE FROM core_event",
        "TRUNCATE core_event CASCADE",
        "ALTER TABLE core_event DISABLE TRIGGER ALL",
    ):
        with (
            pytest.raises(Exception, match="permission denied|must be owner|append-only"),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with pytest.raises(psycopg2.Error, match="append"):
        owner_cursor.execute("UPDATE core_event SET subject = 'x'")


def test_the_domain_events_of_a_service_carry_the_actor(django_user_model: object) -> None:
    with system():
        cast = people.cast()
    with transaction.atomic(), scope.of(cast.admin):
        site = org.open_site(code="NEW", name="New", actor=cast.admin)
        event = Event.objects.get(subject=site.subject())
    assert event.actor_id == cast.admin.pk
    assert "core.run_job" in handlers.names()
