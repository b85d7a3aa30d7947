"""After a restore nothing is mailed until an admin lets it out; then everything that waited goes, once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.events import outbound
from apps.core.events.delivery import deliver
from apps.core.events.facts import Restored
from apps.core.events.log import emit
from apps.core.models import Delivery, Event
from apps.reports import services as reports
from apps.reports.models import Dispatch
from tests.accounts.door import sign_in
from tests.factories import people
from tests.factories.people import Company
from tests.reports.test_packs import boss, burst, made, mailbox, media, pack, places  # noqa: F401
from tests.support.mailbox import Mailbox

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh_counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def admin(places: Company) -> User:  # noqa: F811
    with scope.system("test"):
        return people.user("keeper", role="ADM", department=places.root)


def door_of(user: User) -> Client:
    client = Client()
    assert sign_in(client, user.username)
    return client


def restored() -> None:
    with transaction.atomic(), scope.system("test"):
        emit(Restored(subject="platform:1", backup="then", head="none"), actor=None)


def owed(handler: str) -> list[Delivery]:
    return list(Delivery.objects.filter(handler=handler, done_at__isnull=True).order_by("id"))


def a_report_that_waits(places: Company, boss: User) -> int:  # noqa: F811
    with transaction.atomic(), scope.system("test"):
        one = pack(boss, places, needs_sign_off=False)
        reports.add_recipient(pack=one, person=boss, channel="link", actor=boss)
        run = reports.request_pack_run(one, actor=boss, period_key="2026-W10")
    burst(made(run))
    with transaction.atomic(), scope.system("test"):
        return int(Dispatch.objects.get().pk)


def at_its_turn(one: Delivery) -> str:
    """now() of the test's one transaction is its beginning, so the turn has to lie before it."""
    Delivery.objects.filter(pk=one.pk).update(available_at=LONG_AGO)
    return deliver(one.pk)


def states() -> list[str]:
    with transaction.atomic(), scope.system("test"):
        return list(Dispatch.objects.values_list("state", flat=True))


def test_reports_wait_for_the_admin_and_then_go_once(
    places: Company,  # noqa: F811
    boss: User,  # noqa: F811
    admin: User,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    key = a_report_that_waits(places, boss)
    restored()
    (one,) = owed("reports.send")
    for _ in range(7):
        assert at_its_turn(one) == "postponed"
    one.refresh_from_db()
    assert (one.attempts, one.parked_at, one.state) == (0, None, "waiting"), "waiting costs no attempt"
    assert states() == ["waiting"] and mailbox.mails == []
    assert one.available_at > timezone.now() + timedelta(seconds=30), "it is not hammered on"
    client = door_of(admin)
    assert client.post("/deliveries/let-mail-out/").status_code == 302
    one.refresh_from_db()
    assert one.available_at <= timezone.now(), "what waited goes at once"
    assert at_its_turn(one) == "done"
    assert states() == ["sent"] and len(mailbox.mails) == 1
    reports.send_dispatch(key)
    assert len(mailbox.mails) == 1


def test_only_admins_are_told_and_may_let_mail_out(places: Company, boss: User, admin: User) -> None:  # noqa: F811
    words = "restored from a backup"
    keeper, other = door_of(admin), door_of(boss)
    assert words not in keeper.get("/overview/").content.decode()
    assert keeper.post("/deliveries/let-mail-out/").status_code == 422
    restored()
    assert words in keeper.get("/overview/").content.decode()
    assert words not in other.get("/overview/").content.decode()
    assert "Let mail out" in keeper.get("/deliveries/").content.decode()
    assert other.post("/deliveries/let-mail-out/").status_code in {403, 404}
    assert other.get("/api/v1/outgoing-mail/").status_code == other.post("/api/v1/outgoing-mail/").status_code == 403
    assert keeper.get("/api/v1/outgoing-mail/").json() == {"paused": True}
    assert keeper.post("/api/v1/outgoing-mail/").json() == {"paused": False, "waiting": 0}
    assert keeper.get("/api/v1/outgoing-mail/").json() == {"paused": False}
    assert keeper.post("/api/v1/outgoing-mail/").status_code == 422
    assert words not in keeper.get("/overview/").content.decode()
    with transaction.atomic(), scope.system("test"):
        told = Event.objects.get(name="core.mail_resumed")
    assert told.actor_id == admin.pk
    restored()
    assert outbound.paused(), "the next restore pauses anew"


def test_password_links_wait_too_and_are_made_anew(
    places: Company,  # noqa: F811
    boss: User,  # noqa: F811
    admin: User,
    mailbox: Mailbox,  # noqa: F811
    settings: Any,
) -> None:
    settings.BASE_URL = "https://ops.example.org"
    settings.ALLOWED_HOSTS = ["ops.example.org", "testserver"]
    restored()
    visitor = Client()
    for address in ("boss@example.org", "boss@example.org", "nobody@example.org"):
        assert visitor.post("/account/password/reset/", {"email": address}).status_code == 302
    first, second = owed("accounts.send_held_mail")
    assert at_its_turn(first) == "postponed" and mailbox.mails == []
    with transaction.atomic(), scope.system("test"):
        kept = [one.payload for one in Event.objects.filter(name="accounts.password_mail_held")]
        assert kept == [{"title": str(boss), "address": "boss@example.org"}] * 2, "no link in the log"
        outbound.resume(actor=admin)
    assert [at_its_turn(first), at_its_turn(second)] == ["done", "done"]
    (mail,) = mailbox.mails
    assert mail["To"] == "boss@example.org"
    found = re.search(r"https://ops\.example\.org(/account/password/reset/key/\S+)", mail.get_content())
    assert found, mail.get_content()
    page = Client().get(found[1], follow=True)
    assert page.status_code == 200 and "New password" in page.content.decode()
