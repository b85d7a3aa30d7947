"""A message that comes before anybody waits is kept, heard once by who comes to wait, or expires with a fact."""

from __future__ import annotations

import signal
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events import delivery
from apps.core.models import Delivery, Event
from apps.work import services as work
from apps.work.models import Task
from apps.workflows.failpoints import MESSAGE_POINTS
from apps.workflows.models import Case, Message
from apps.workflows.replaying import replay
from apps.workflows.services import messages, waiting
from tests.factories import people
from tests.workflows.building import diagram, event, extension, field, flows, node, nodes
from tests.workflows.running import LONG_AGO, fresh, publish, settle, start, tasks
from tests.workflows.test_failpoints import killed, owed

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Any:
    with scope.system("a test"):
        yield people.cast()


def late_listener(cast: Any) -> Any:
    """A case that does a task before it waits for the message with its number."""
    content = (
        node("start", "s", extension(field("number"))) + nodes("user:first user:after end:e")
        + node("catch", "m", event("message", "M1")) + flows("s>first;first>m;m>after;after>e")
    )  # fmt: skip
    return publish(diagram(content, key='ops:key="number"'), cast.company.plant, cast.admin)


def send(cast: Any, key: str = "A7", **values: Any) -> None:
    waiting.send_message(message="paid", key=key, values=values, actor=cast.manager)
    settle()


def finish_first(case: Case, actor: Any) -> list[str]:
    task = Task.objects.get(source=case.subject(), state="open", title__startswith="first")
    work.complete_task(task, answers={}, actor=actor)
    settle()
    return tasks(case)


def test_who_waits_later_hears_it_once_and_only_with_its_key(cast: Any) -> None:
    made = late_listener(cast)
    one, twin, other = (start(made, cast.company.plant, cast.manager, number=key) for key in ("A7", "A7", "B8"))
    send(cast, amount=12)
    kept = Message.objects.get()
    assert (kept.state, kept.key, kept.values) == ("kept", "A7", {"amount": 12})
    assert finish_first(other, cast.manager) == []
    assert finish_first(one, cast.manager) == ["after"]
    assert finish_first(twin, cast.manager) == []
    kept.refresh_from_db()
    assert (kept.state, kept.taken_by) == ("taken", one)
    assert fresh(one).values == {"number": "A7", "amount": 12} and replay(fresh(one)) == fresh(one).engine
    send(cast, amount=13)
    assert tasks(twin) == ["after"] and Message.objects.count() == 1, "who waits already hears it without a detour"


def test_the_oldest_is_heard_first_and_one_after_the_other(cast: Any) -> None:
    catches = "".join(node("catch", key, event("message", "M1")) for key in ("m1", "m2", "m3"))
    content = nodes("start:s user:after end:e") + catches + flows("s>m1;m1>m2;m2>m3;m3>after;after>e")
    made = publish(diagram(content), cast.company.plant, cast.admin)
    for turn in range(3):
        send(cast, f"K{turn}", turn=turn)
    case = start(made, cast.company.plant, cast.manager)
    assert tasks(case) == ["after"] and case.values == {"turn": 2}
    assert list(Message.objects.values_list("state", "taken_by")) == [("taken", case.pk)] * 3


def test_two_for_one_who_waits_lose_none(cast: Any) -> None:
    """Both come while the case still waits; the second finds it gone on and is kept for the next."""
    made = late_listener(cast)
    one, twin = (start(made, cast.company.plant, cast.manager, number="A7") for _ in range(2))
    finish_first(one, cast.manager)
    for amount in (1, 2):
        waiting.send_message(message="paid", key="A7", values={"amount": amount}, actor=cast.manager)
    settle()
    assert tasks(one) == ["after"] and fresh(one).values["amount"] == 1
    assert Message.objects.get().values == {"amount": 2}
    assert finish_first(twin, cast.manager) == ["after"]
    assert fresh(twin).values["amount"] == 2


def test_a_race_takes_no_more_than_it_needs(cast: Any) -> None:
    content = (
        nodes("start:s race:g user:a user:b end:e") + node("catch", "m", event("message", "M1"))
        + node("catch", "n", '<bpmn:messageEventDefinition messageRef="M2"/>') + flows("s>g;g>m;g>n;m>a;n>b;a>e;b>e")
    )  # fmt: skip
    top = '<bpmn:message id="M1" name="paid"/><bpmn:message id="M2" name="refused"/>'
    made = publish(diagram(content, top=top), cast.company.plant, cast.admin)
    for name in ("paid", "refused"):
        waiting.send_message(message=name, actor=cast.manager)
    settle()
    case = start(made, cast.company.plant, cast.manager)
    assert tasks(case) == ["a"]
    assert list(Message.objects.order_by("id").values_list("name", "state")) == [("paid", "taken"), ("refused", "kept")]


def test_its_time_runs_out_with_a_fact(cast: Any) -> None:
    made = late_listener(cast)
    case = start(made, cast.company.plant, cast.manager, number="A7")
    send(cast)
    now = timezone.now()
    assert messages.expire_messages(now=now + timedelta(minutes=1439)) == 0
    assert messages.expire_messages(now=now + timedelta(minutes=1441)) == 1
    assert Message.objects.get().state == "expired"
    told = Event.objects.get(name="workflows.message_expired")
    assert told.subject == Message.objects.get().subject() and told.changes["state"] == ["kept", "expired"]
    assert finish_first(case, cast.manager) == []
    waiting.send_message(message="unheard", keep_minutes=0, actor=cast.manager)
    settle()
    assert Message.objects.count() == 1, "a sender may want it heard now or never"
    Message.objects.update(created_at=LONG_AGO)
    assert messages.forget_old(now=now) == 1
    with pytest.raises(Refused, match="0 to 43200"):
        waiting.send_message(message="paid", keep_minutes=50_000, actor=cast.manager)


def test_pages_and_programs_see_it(cast: Any) -> None:
    client = Client()
    client.force_login(cast.by_role["OPM"])
    send(cast, amount=12)
    kept = Message.objects.get()
    assert "Nobody waits yet" in client.get("/case-messages/").content.decode()
    page = client.get(f"/case-messages/{kept.pk}/").content.decode()
    assert "amount" in page and "12" in page
    found = client.get("/api/v1/case-messages/?state=kept").json()["results"]
    assert [(one["name"], one["key"]) for one in found] == [("paid", "A7")]
    told = {"message": "later", "key": "K", "keep_minutes": 5}
    sent = client.post("/api/v1/workflows/messages/", told, content_type="application/json")
    assert sent.status_code == 202, sent.content
    for wrong in (-1, 43_201, True, "5", 1.5):
        answer = client.post(
            "/api/v1/workflows/messages/", told | {"keep_minutes": wrong}, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["field"]) == (422, "keep_minutes"), wrong
    settle()
    later = Message.objects.get(name="later")
    assert timedelta(minutes=4) < later.expires_at - timezone.now() < timedelta(minutes=5)
    assert client.post(f"/case-messages/{kept.pk}/discard/").status_code == 302
    kept.refresh_from_db()
    assert kept.state == "discard"
    with pytest.raises(Refused, match="already"):
        messages.discard_message(kept, actor=cast.admin)


def deliver_all() -> None:
    with transaction.atomic(), scope.system("a test"):
        settle(again=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", MESSAGE_POINTS)
def test_a_death_while_keeping_or_taking_loses_nothing(point: str) -> None:
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
        case = start(late_listener(cast), cast.company.plant, cast.manager, number="A7")
        waiting.send_message(message="paid", key="A7", values={"amount": 12}, actor=cast.manager)
    if point == "after_taking":
        deliver_all()
        with transaction.atomic(), scope.system("a test"):
            task = Task.objects.get(source=case.subject(), title__startswith="first")
            work.complete_task(task, answers={}, actor=cast.manager)
    handler = "workflows.answer_step" if point == "after_taking" else "workflows.hand_over_message"
    due = owed(handler)
    assert killed(due, point) == -signal.SIGKILL
    with transaction.atomic(), scope.system("a test"):
        assert [one.state for one in Message.objects.all()] == (["kept"] if point == "after_taking" else [])
    assert owed(handler) == due
    deliver_all()
    with transaction.atomic(), scope.system("a test"):
        if point == "after_keeping":
            assert [one.state for one in Message.objects.all()] == ["kept"]
            finish_first(case, cast.manager)
        assert tasks(case) == ["after"] and fresh(case).values["amount"] == 12
        assert [(one.state, one.taken_by_id) for one in Message.objects.all()] == [("taken", case.pk)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slow", ["keep", "take"])
def test_sending_and_coming_to_wait_at_once_never_miss_each_other(slow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever side dawdles between looking and committing: each of six messages is heard by its case."""
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
        made = late_listener(cast)
        found = [start(made, cast.company.plant, cast.manager, number=f"K{one}") for one in range(6)]
        for number, case in enumerate(found):
            task = Task.objects.get(source=case.subject(), title__startswith="first")
            work.complete_task(task, answers={}, actor=cast.manager)
            waiting.send_message(message="paid", key=f"K{number}", values={"amount": number}, actor=cast.manager)
        wanted = ("workflows.answer_step", "workflows.hand_over_message")
        keys = list(Delivery.objects.filter(handler__in=wanted, done_at__isnull=True).values_list("pk", flat=True))
        Delivery.objects.update(available_at=LONG_AGO)
    assert len(keys) == 12
    original = getattr(messages, slow)

    def slowly(*given: Any, **named: Any) -> Any:
        done = original(*given, **named)
        time.sleep(0.1)
        return done

    monkeypatch.setattr(messages, slow, slowly)
    gate = threading.Barrier(len(keys))

    def hand(key: int) -> None:
        gate.wait()
        try:
            delivery.deliver(key)
        finally:
            connection.close()

    hands = [threading.Thread(target=hand, args=(key,)) for key in keys]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    deliver_all()
    with transaction.atomic(), scope.system("a test"):
        assert [fresh(case).values.get("amount") for case in found] == list(range(6))
        assert not Message.objects.filter(state="kept").exists()
