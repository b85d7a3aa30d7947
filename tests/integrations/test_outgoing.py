"""Facts leave signed, in order per record, only as their owner may read them; failures wait, and at last stop."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.errors import NotAllowed, Refused
from apps.core.events.delivery import deliver
from apps.core.events.facts import Restored
from apps.core.events.log import emit
from apps.core.models import Delivery
from apps.integrations import sealed, services, signing
from apps.integrations.models import Webhook, WebhookAttempt, WebhookDelivery
from apps.integrations.services import outgoing
from apps.org import services as org
from apps.org.models import Team
from tests.factories import people
from tests.integrations.receiver import Receiver

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def cast() -> people.Cast:
    with scope.system("test"):
        return people.cast()


@pytest.fixture
def team(cast: people.Cast) -> Team:
    with scope.system("test"):
        return org.form_team(department=cast.company.plant, code="EARLY", name="Early shift", actor=None)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as receiver:
        monkeypatch.setattr(outgoing.http, "request", receiver.request())
        yield receiver


def hook(owner: User, path: str = "/a", patterns: str = "org.*", url: str = "http://example.org") -> Webhook:
    """The receiver of these tests speaks no TLS, so its address is written past the check."""
    with transaction.atomic(), scope.of(owner):
        one = services.add_webhook(name=f"Hook {path}", url="https://example.org/", patterns=patterns, actor=owner)
        Webhook.objects.filter(pk=one.pk).update(url=f"{url}{path}")
        one.refresh_from_db()
        return one


def rename(team: Team, name: str, actor: User | None = None) -> None:
    with transaction.atomic(), scope.system("test"):
        team.refresh_from_db()
        org.change_team(team, name=name, actor=actor)
    run("integrations.fan_out")


def run(handler: str) -> list[str]:
    with scope.system("test"):
        owed = list(
            Delivery.objects.filter(handler=handler, done_at__isnull=True).order_by("id").values_list("pk", flat=True)
        )
        Delivery.objects.filter(pk__in=owed).update(available_at=LONG_AGO)
    return [deliver(key) for key in owed]


def round_of() -> list[str]:
    """One round per called address; now() of the test's one transaction is its beginning."""
    with scope.system("test"):
        WebhookDelivery.objects.update(available_at=LONG_AGO)
        Webhook.objects.update(wait_until=None)
        if not Delivery.objects.filter(handler=outgoing.ROUND, done_at__isnull=True).exists():
            services.call_waiting(now=timezone.now())
    return run(outgoing.ROUND)


def rows() -> list[tuple[str, str]]:
    with scope.system("test"):
        return list(WebhookDelivery.objects.order_by("id").values_list("fact", "state"))


def test_a_fact_arrives_signed_and_once(cast: people.Cast, team: Team, outside: Receiver) -> None:
    one = hook(cast.by_role["OPM"])
    with scope.system("test"):
        text = services.show_new_secret(one, actor=cast.by_role["OPM"])
    rename(team, "Morning", cast.manager)
    assert round_of() == ["done"]
    (seen,) = outside.seen
    now = int(timezone.now().timestamp())
    assert signing.verify_standard(seen.headers, seen.body, secrets=[text], now=now).startswith("msg_")
    told = json.loads(seen.body)
    assert told["type"] == "org.team_changed" and told["data"]["subject"] == team.subject()
    assert told["data"]["changes"] == {"name": ["Early shift", "Morning"]} and told["data"]["actor"] == cast.manager.pk
    assert rows() == [("org.team_changed", "sent")]
    assert run(outgoing.ROUND) == [] and len(outside.seen) == 1
    with scope.system("test"):
        attempt = WebhookAttempt.objects.get()
        assert attempt.status == 200 and attempt.headers["webhook-signature"] == "v1,…"
        assert text not in json.dumps(attempt.headers) and text not in sealed.seal(text)


def test_a_former_secret_signs_for_a_day(cast: people.Cast, team: Team, outside: Receiver) -> None:
    boss = cast.by_role["OPM"]
    one = hook(boss)
    with scope.system("test"):
        first = services.show_new_secret(one, actor=boss)
        second = services.show_new_secret(one, actor=boss)
    rename(team, "Morning")
    round_of()
    (seen,) = outside.seen
    now = int(timezone.now().timestamp())
    for text in (first, second):
        assert signing.verify_standard(seen.headers, seen.body, secrets=[text], now=now)
    with scope.system("test"):
        Webhook.objects.update(former_until=timezone.now())
    rename(team, "Noon")
    round_of()
    with pytest.raises(Refused):
        signing.verify_standard(outside.seen[1].headers, outside.seen[1].body, secrets=[first], now=now)


def test_only_what_the_owner_may_read_leaves(cast: people.Cast, team: Team, outside: Receiver) -> None:
    hook(cast.neighbour, "/neighbour", "*")
    hook(cast.manager, "/manager", "*")
    rename(team, "Morning")
    round_of()
    assert {seen.path for seen in outside.seen} == {"/manager"}
    with scope.system("test"):
        assert set(WebhookDelivery.objects.values_list("webhook__name", "state")) == {
            ("Hook /neighbour", "skipped"),
            ("Hook /manager", "sent"),
        }
        grant = cast.manager.role_grants.get()
        org.end_role(grant, on=datetime(2020, 1, 2).date(), actor=None)
    rename(team, "Noon")
    round_of()
    assert [json.loads(seen.body)["data"]["subject"] for seen in outside.seen] == [team.subject()]


def test_patterns_choose_and_other_facts_cost_nothing(cast: people.Cast, team: Team, outside: Receiver) -> None:
    hook(cast.by_role["OPM"], patterns="kpis.*, org.team_formed")
    rename(team, "Morning")
    assert rows() == []
    with scope.system("test"):
        assert not Delivery.objects.filter(handler="integrations.fan_out").exists()
        org.form_team(department=cast.company.plant, code="LATE", name="Late", actor=None)
    run("integrations.fan_out")
    assert rows() == [("org.team_formed", "waiting")]


def test_order_is_kept_per_record_and_a_failure_holds_only_its_own(
    cast: people.Cast, team: Team, outside: Receiver
) -> None:
    hook(cast.by_role["OPM"])
    with scope.system("test"):
        other = org.form_team(department=cast.company.plant, code="LATE", name="Late", actor=None)
    run("integrations.fan_out")
    round_of()
    outside.seen.clear()
    outside.answers["/a"] = 503
    rename(team, "One")
    rename(team, "Two")
    rename(other, "Three")
    with scope.system("test"):
        services.call_round(Webhook.objects.get().pk)
    assert len(outside.seen) == 1, "the round ends at the first failure"
    outside.answers["/a"] = 200
    with scope.system("test"):
        first = WebhookDelivery.objects.get(fact="org.team_changed", attempts=1)
        Webhook.objects.update(wait_until=None)
        services.call_round(Webhook.objects.get().pk)
    names = [json.loads(seen.body)["data"]["changes"]["name"][1] for seen in outside.seen]
    assert names == ["One", "Three"], "what belongs to another record goes on, the same record waits for its turn"
    with scope.system("test"):
        WebhookDelivery.objects.filter(pk=first.pk).update(available_at=LONG_AGO)
        services.call_round(Webhook.objects.get().pk)
    names = [json.loads(seen.body)["data"]["changes"]["name"][1] for seen in outside.seen]
    assert names == ["One", "Three", "One", "Two"]
    ids = [seen.headers["webhook-id"] for seen in outside.seen]
    assert ids[0] == ids[2], "a repeat carries the id of the first"


def test_one_that_is_given_up_or_sent_again_keeps_the_order(cast: people.Cast, team: Team, outside: Receiver) -> None:
    """Later facts of a record wait while an earlier one does: until it arrives, is given up, or is told again."""
    boss = cast.by_role["OPM"]
    hook(boss)
    outside.answers["/a"] = 503
    rename(team, "One")
    for _ in range(len(outgoing.PAUSES)):
        round_of()
    rename(team, "Two")
    rename(team, "Three")
    tries = len(outside.seen)
    round_of()
    assert rows()[0] == ("org.team_changed", "failed") and len(outside.seen) == tries + 1, "the rest waited for it"
    outside.answers["/a"] = 200
    with scope.system("test"):
        first, *_ = WebhookDelivery.objects.order_by("id")
        WebhookDelivery.objects.filter(state="waiting").update(available_at=timezone.now() + timedelta(hours=1))
        services.repeat_delivery(first, actor=boss)
    outside.seen.clear()
    round_of()
    told = [json.loads(seen.body)["data"]["changes"]["name"][1] for seen in outside.seen]
    assert told == ["One", "Two", "Three"], "told again, it comes before what still waits"
    outside.answers["/a"] = 503
    rename(team, "Four")
    for _ in range(len(outgoing.PAUSES) + 1):
        round_of()
    rename(team, "Five")
    outside.answers["/a"] = 200
    outside.seen.clear()
    round_of()
    told = [json.loads(seen.body)["data"]["changes"]["name"][1] for seen in outside.seen]
    assert told == ["Five"], "given up, it holds nobody back"


def test_one_dead_address_delays_no_other(cast: people.Cast, team: Team, outside: Receiver) -> None:
    outside.answers["/dead"] = 500
    hook(cast.by_role["OPM"], "/dead")
    hook(cast.by_role["OPM"], "/alive")
    for number in range(3):
        rename(team, f"Name {number}")
    round_of()
    assert [seen.path for seen in outside.seen].count("/dead") == 1
    assert [seen.path for seen in outside.seen].count("/alive") == 3


def test_pauses_grow_and_at_last_it_has_failed(cast: people.Cast, team: Team, outside: Receiver) -> None:
    outside.answers["/a"] = 500
    hook(cast.by_role["OPM"])
    rename(team, "Morning")
    pauses = []
    for _ in range(len(outgoing.PAUSES) + 1):
        before = timezone.now()
        round_of()
        with scope.system("test"):
            pauses.append((WebhookDelivery.objects.get().available_at - before).total_seconds())
    for pause, wanted in zip(pauses, outgoing.PAUSES, strict=False):
        assert 0.7 * wanted < pause < 1.3 * wanted
    assert rows() == [("org.team_changed", "failed")]
    with scope.system("test"):
        row = WebhookDelivery.objects.get()
        assert row.tries.count() == len(outgoing.PAUSES) + 1
        outside.answers["/a"] = 200
        services.repeat_delivery(row, actor=cast.by_role["OPM"])
    assert run("integrations.call_again") == ["done"]
    round_of()
    assert rows() == [("org.team_changed", "sent")]


def test_long_failure_stops_it_and_tells_its_owner(cast: people.Cast, team: Team, outside: Receiver) -> None:
    outside.answers["/a"] = 410
    boss = cast.by_role["OPM"]
    one = hook(boss)
    with scope.system("test"):
        Webhook.objects.update(failures=20, failing_since=timezone.now() - timedelta(days=2, minutes=1))
    rename(team, "Morning")
    round_of()
    with scope.system("test"):
        one.refresh_from_db()
    assert not one.active and "21 failures in a row" in one.stopped_because and "410" in one.stopped_because
    run("comms.notify")
    client = Client()
    client.force_login(boss)
    assert "Webhook stopped by failures" in client.get("/notices/").content.decode()
    page = client.get(f"/webhooks/{one.pk}/").content.decode()
    assert "Stopped" in page and "21 failures" in page
    with scope.of(boss), pytest.raises(Refused):
        services.repeat_delivery(WebhookDelivery.objects.get(), actor=boss)


@pytest.mark.parametrize(
    ("url", "answer", "words"),
    [
        ("http://example.org", (302, "http://127.0.0.1:6379/"), "redirect"),
        ("http://example.org", (307, "http://169.254.169.254/latest/meta-data/"), "redirect"),
        ("http://inside.example", 200, "does not lie on the public Internet"),
        ("http://127.0.0.1", 200, "does not lie on the public Internet"),
        ("http://[::ffff:127.0.0.1]", 200, "does not lie on the public Internet"),
        ("http://2130706433", 200, "does not lie on the public Internet"),
    ],
)
def test_nothing_inside_is_reached(
    cast: people.Cast, team: Team, outside: Receiver, url: str, answer: Any, words: str
) -> None:
    outside.answers["/a"] = answer
    hook(cast.by_role["OPM"], url=url)
    rename(team, "Morning")
    round_of()
    assert len(outside.seen) <= 1 and set(outside.dialled) <= {"93.184.215.14"}
    with scope.system("test"):
        assert words in WebhookAttempt.objects.get().problem


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.org/", "https://user:pw@example.org/", "https://example.org:22/", "ftp://x/", "https://a b/"),
        *("https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/", "https://0/"),
        *("https://localhost/", "https://a.localhost./", "https://169.254.169.254/", "https://10.0.0.7:8443/"),
        *("https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/", "https://[64:ff9b::7f00:1]/"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_at_once(cast: people.Cast, url: str) -> None:
    with scope.of(cast.by_role["OPM"]), pytest.raises(Refused) as refused:
        services.add_webhook(name="x", url=url, patterns="*", actor=cast.by_role["OPM"])
    assert refused.value.field == "url"


@pytest.mark.parametrize("patterns", ["", "KPIS.*", "kpis", "kpis.*.x.y", ", ,", "x.y " * 41])
def test_names_of_facts_are_checked(cast: people.Cast, patterns: str) -> None:
    with scope.of(cast.by_role["OPM"]), pytest.raises(Refused) as refused:
        services.add_webhook(name="x", url="https://example.org/", patterns=patterns, actor=cast.by_role["OPM"])
    assert refused.value.field == "patterns"


def test_a_foreign_hand_does_not_turn_the_address(cast: people.Cast, outside: Receiver) -> None:
    one = hook(cast.by_role["OPM"])
    with scope.of(cast.admin), pytest.raises(NotAllowed):
        services.change_webhook(one, url="https://evil.example/", actor=cast.admin)


def test_a_test_message_arrives_whatever_the_pattern(cast: people.Cast, outside: Receiver) -> None:
    boss = cast.by_role["OPM"]
    one = hook(boss, patterns="kpis.*")
    client = Client()
    client.force_login(boss)
    assert client.post(f"/webhooks/{one.pk}/test/").status_code == 302
    assert run("integrations.owe_test") == ["done"]
    round_of()
    assert json.loads(outside.seen[0].body)["type"] == "integrations.webhook_tested"


def test_the_secret_is_shown_to_its_owner_once(cast: people.Cast, outside: Receiver) -> None:
    boss = cast.by_role["OPM"]
    one = hook(boss)
    client, admin = Client(), Client()
    client.force_login(boss)
    admin.force_login(cast.admin)
    page = client.get(f"/webhooks/{one.pk}/secret/").content.decode()
    assert "whsec_" not in page
    shown = client.post(f"/webhooks/{one.pk}/secret/").content.decode()
    (told,) = re.findall(r"whsec_[\w+/]{43}", shown)
    assert told not in client.get(f"/webhooks/{one.pk}/").content.decode()
    assert admin.post(f"/webhooks/{one.pk}/secret/").status_code == 403
    assert client.post(f"/api/v1/webhooks/{one.pk}/secret/").json()["secret"].startswith("whsec_")
    assert admin.post(f"/api/v1/webhooks/{one.pk}/secret/").status_code == 403


def test_nothing_leaves_after_a_restore(cast: people.Cast, team: Team, outside: Receiver) -> None:
    hook(cast.by_role["OPM"])
    rename(team, "Morning")
    with transaction.atomic(), scope.system("test"):
        emit(Restored(subject="platform:1", backup="then", head="none"), actor=None)
    assert round_of() == ["postponed"] and outside.seen == []


def test_old_logs_go_and_facts_stay(cast: people.Cast, team: Team, outside: Receiver) -> None:
    hook(cast.by_role["OPM"])
    rename(team, "Morning")
    round_of()
    rename(team, "Noon")
    with scope.system("test"):
        WebhookDelivery.objects.update(created_at=LONG_AGO)
        assert services.forget_old(now=timezone.now()) >= 1
    assert rows() == [("org.team_changed", "waiting")]
