"""Other systems are believed by their signature, stored before they are answered, and taken once."""

from __future__ import annotations

import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.models import Event
from apps.integrations import services, signing
from apps.integrations.models import HookCall, InboundHook
from apps.integrations.services.hooks import LARGEST
from tests.factories import people

BODY = {"type": "temperature", "value": 12.5, "where": {"line": "A", "list": [1, 2]}}


@pytest.fixture
def cast() -> people.Cast:
    with scope.system("test"):
        return people.cast()


def hook_of(user: User, **values: Any) -> tuple[InboundHook, str]:
    with transaction.atomic(), scope.system("test"):
        one = services.add_hook(name="Oven", actor=user, **values)
        text = services.show_new_secret(one, actor=user)
        one.refresh_from_db()
    return one, text


def send(hook: InboundHook, secret: str, body: Any = BODY, *, key: str = "m1", age: int = 0, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = int(timezone.now().timestamp()) - age
    signed = signing.sign(secret, message_id=key, timestamp=stamp, body=content)
    head = {"webhook-id": key, "webhook-timestamp": str(stamp), "webhook-signature": signed} | headers
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/hooks/in/{hook.key}/", data=content, content_type="application/json", headers=head)


def received() -> list[Event]:
    with transaction.atomic(), scope.system("test"):
        return list(Event.objects.filter(name="integrations.hook_received").order_by("id"))


pytestmark = pytest.mark.django_db


def test_a_proven_message_is_stored_with_its_fact(cast: people.Cast) -> None:
    hook, secret = hook_of(cast.by_role["OPM"], concerns=cast.company.plant)
    answer = send(hook, secret)
    assert answer.status_code == 202 and answer.json() == {"id": "m1", "status": "stored"}
    (event,) = received()
    # Facts write fractions as exact text; the stored message keeps them as they came.
    assert event.payload["values"] == {**BODY, "value": "12.5"} and event.payload["kind"] == "temperature"
    assert event.subject == hook.subject() and event.departments == [cast.company.plant.pk]
    with scope.system("test"):
        call = HookCall.objects.get()
        assert call.event_id == event.pk and call.body == BODY
    client = Client()
    client.force_login(cast.by_role["OPM"])
    assert "temperature" in client.get(f"/hook-calls/{call.pk}/").content.decode()
    assert client.post(f"/hook-calls/{call.pk}/repeat/").status_code == 302
    assert [one.payload["values"] for one in received()] == [{**BODY, "value": "12.5"}] * 2


def test_a_repeat_changes_nothing(cast: people.Cast) -> None:
    hook, secret = hook_of(cast.by_role["OPM"])
    answers = [send(hook, secret) for _ in range(3)]
    assert [one.status_code for one in answers] == [202, 200, 200]
    assert answers[2].json()["status"] == "known" and len(received()) == 1
    with scope.system("test"):
        assert HookCall.objects.get().repeats == 2
    other = send(hook, secret, {**BODY, "value": 13})
    assert (other.status_code, other.json()["code"]) == (409, "id_reused")
    assert send(hook, secret, key="m2").status_code == 202 and len(received()) == 2


def test_what_is_not_proven_is_not_stored(cast: people.Cast) -> None:
    hook, secret = hook_of(cast.by_role["OPM"])
    for answer, code in (
        (send(hook, signing.new_secret()), "signature_wrong"),
        (send(hook, secret, age=400), "stale"),
        (send(hook, secret, age=-400), "stale"),
        (send(hook, secret, **{"webhook-id": "other"}), "signature_wrong"),
        (send(hook, secret, **{"webhook-signature": ""}), "signature_missing"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer["Content-Type"] == "application/problem+json" and answer.json()["detail"]
    assert received() == []
    with scope.system("test"):
        assert not HookCall.objects.exists()


def test_hooks_that_are_off_or_unknown_look_the_same(cast: people.Cast) -> None:
    hook, secret = hook_of(cast.by_role["OPM"])
    with transaction.atomic(), scope.system("test"):
        services.switch_off_hook(hook, actor=None)
    off = send(hook, secret)
    hook.key = "unknown"
    unknown = send(hook, secret)
    assert off.status_code == unknown.status_code == 404 and off.content == unknown.content
    assert Client().get("/hooks/in/unknown/").status_code == 405


def test_a_former_secret_is_good_for_a_day(cast: people.Cast) -> None:
    hook, first = hook_of(cast.by_role["OPM"])
    with transaction.atomic(), scope.system("test"):
        second = services.show_new_secret(hook, actor=cast.by_role["OPM"])
    assert send(hook, first, key="a").status_code == send(hook, second, key="b").status_code == 202
    with transaction.atomic(), scope.system("test"):
        InboundHook.objects.update(former_until=timezone.now())
    assert send(hook, first, key="c").status_code == 401
    assert send(hook, second, key="d").status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]",
        b'"text"',
        b"null",
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": 1e400}',
        b'{"a": "\\u0000"}',
        b"\xff",
        '{"a": 1}'.encode("utf-16"),
        b'{"a":' * 21 + b"1" + b"}" * 21,
        b'{"a":' + b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_refused(cast: people.Cast, body: bytes) -> None:
    hook, secret = hook_of(cast.by_role["OPM"])
    answer = send(hook, secret, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_body"), answer.content
    assert received() == []


@pytest.mark.parametrize("size", [LARGEST + 1, 10_000_000])
def test_a_large_body_is_refused(cast: people.Cast, size: int) -> None:
    hook, secret = hook_of(cast.by_role["OPM"])
    answer = send(hook, secret, b'{"a":"' + b"x" * size + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_markup_and_formulas_stay_text(cast: people.Cast) -> None:
    hook, secret = hook_of(cast.by_role["OPM"])
    send(hook, secret, {"type": "<script>alert(1)</script>", "x": "=1+1"})
    client = Client()
    client.force_login(cast.by_role["OPM"])
    with scope.system("test"):
        key = HookCall.objects.get().pk
    for url in (f"/hook-calls/{key}/", "/hook-calls/", f"/inbound-hooks/{hook.pk}/"):
        assert "<script>alert" not in client.get(url).content.decode()


def test_the_style_of_github(cast: people.Cast) -> None:
    hook, secret = hook_of(cast.by_role["OPM"], style="github")
    body = json.dumps({"ref": "main"}).encode()
    signed = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
    head = {"X-Hub-Signature-256": signed, "X-GitHub-Delivery": "d1", "X-GitHub-Event": "push"}

    def post(**changes: str) -> Any:
        return Client().post(
            f"/hooks/in/{hook.key}/", data=body, content_type="application/json", headers=head | changes
        )

    assert [post().status_code, post().status_code] == [202, 200]
    assert received()[0].payload["kind"] == "push"
    assert post(**{"X-Hub-Signature-256": "sha256=00"}).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_are_one() -> None:
    with transaction.atomic(), scope.system("test"):
        company = people.company()
        boss = people.user("boss", role="OPM", department=company.root)
    hook, secret = hook_of(boss)

    def one(_: int) -> int:
        try:
            return int(send(hook, secret).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(one, range(10)))
    assert sorted(answers) == [200] * 9 + [202]
    assert len(received()) == 1


@pytest.fixture
def quiet_minute() -> None:
    """The limit counts by whole minutes: a test that begins late in one waits for the next."""
    left = 60 - time.time() % 60
    if left < 20:
        time.sleep(left)


@pytest.mark.django_db(transaction=True)
def test_more_than_its_minute_takes_is_asked_to_come_later(quiet_minute: None) -> None:
    with transaction.atomic(), scope.system("test"):
        company = people.company()
        boss = people.user("boss", role="OPM", department=company.root)
    hook, secret = hook_of(boss, max_per_minute=5)
    other, others_secret = hook_of(boss)
    assert other.max_per_minute == 300
    for _ in range(3):
        assert send(hook, signing.new_secret()).status_code == 401, "what is not proven uses nothing up"

    def one(number: int) -> Any:
        try:
            return send(hook, secret, key=f"m{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(12)))
    assert sorted(one.status_code for one in answers) == [202] * 5 + [429] * 7
    refused = next(one for one in answers if one.status_code == 429)
    assert 1 <= int(refused["Retry-After"]) <= 60 and refused.json()["code"] == "rate_limited"
    assert refused["Content-Type"] == "application/problem+json" and "5 messages a minute" in refused.json()["detail"]
    with transaction.atomic(), scope.system("test"):
        assert HookCall.objects.filter(hook=hook).count() == 5 == len(received())
    assert send(other, others_secret).status_code == 202, "each webhook has its own minute"
    client = Client()
    client.force_login(boss)
    url = f"/api/v1/inbound-hooks/{hook.pk}/"
    tag = client.get(url)["ETag"]
    raised = client.patch(url, {"max_per_minute": 50}, content_type="application/json", headers={"If-Match": tag})
    assert raised.json()["max_per_minute"] == 50
    assert send(hook, secret, key="m20").status_code == 202
    wrong = client.patch(
        url, {"max_per_minute": 0}, content_type="application/json", headers={"If-Match": raised["ETag"]}
    )
    assert wrong.status_code == 422
