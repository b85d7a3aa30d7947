"""Each event is told to a person once, by the ways they chose, when they want it, and only while they may read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import IntegrityError, connection, transaction
from django.test import Client

from apps.accounts.models import User
from apps.comms import choices, services, webpush
from apps.comms.models import Follow, Notice, NoticeSettings, PushSubscription, Sending
from apps.comms.services import sending
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events import outbound
from apps.core.events.delivery import deliver
from apps.core.events.facts import Restored
from apps.core.events.log import emit
from apps.core.http import client as http
from apps.core.models import Delivery
from apps.org import services as org
from apps.org.models import Team
from tests.factories import people
from tests.support.mailbox import Mailbox

pytestmark = pytest.mark.django_db
STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def cast() -> people.Cast:
    with scope.system("test"):
        return people.cast()


@pytest.fixture
def team(cast: people.Cast) -> Team:
    with scope.system("test"):
        return org.form_team(department=cast.company.plant, code="EARLY", name="Early shift", actor=None)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with Mailbox() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.EMAIL_USE_TLS = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield box


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def run(handler: str) -> list[str]:
    """Deliver what the handler is owed, as its worker would."""
    with scope.system("test"):
        owed = list(
            Delivery.objects.filter(handler=handler, done_at__isnull=True).order_by("id").values_list("pk", flat=True)
        )
        Delivery.objects.filter(pk__in=owed).update(available_at=datetime(2020, 1, 1, tzinfo=UTC))
    return [deliver(key) for key in owed]


def say(team: Team, user: User, text: str) -> None:
    with transaction.atomic(), scope.of(user):
        services.add_comment(record=team, text=text, actor=user)
    run("comms.notify")


def told(user: User) -> list[Notice]:
    with scope.system("test"):
        return list(Notice.objects.filter(owner=user).order_by("id"))


def sendings() -> list[tuple[str, str]]:
    with scope.system("test"):
        return list(Sending.objects.order_by("id").values_list("channel", "state"))


def test_mentioned_people_and_followers_hear_it_once_with_the_reason(cast: people.Cast, team: Team) -> None:
    boss, mate = cast.by_role["OPM"], cast.by_role["SUP"]
    say(team, cast.manager, "Look @role_opm")
    (notice,) = told(boss)
    assert (notice.kind, notice.level, notice.reason) == ("mention", "act", "you are mentioned")
    assert notice.excerpt == "Look @role_opm"
    with transaction.atomic(), scope.of(mate):
        services.follow(subject=team.subject(), actor=mate)
    say(team, boss, "Thanks @role_sup, I see")
    assert [one.kind for one in told(mate)] == ["mention"], "mentioned and following is still one notice"
    assert [one.reason for one in told(cast.manager)] == ["you wrote here"]
    with transaction.atomic(), scope.system("test"):
        org.change_team(team, name="Morning shift", actor=mate)
    run("comms.notify")
    assert [one.kind for one in told(boss)] == ["mention", "change"], "their own comment was not told to them"
    assert len(told(mate)) == 1, "nobody hears of what they did themselves"
    with scope.system("test"), pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(owner=boss, event_id=notice.event_id, fact="x", subject="x", kind="x", reason="x")


def test_muted_means_silence_but_for_ones_name(cast: people.Cast, team: Team) -> None:
    boss = cast.by_role["OPM"]
    client = signed_in(boss)
    assert client.post(f"/watch/{team.subject()}/", {"state": "mute"}).status_code == 302
    say(team, cast.manager, "Nothing for anybody")
    assert told(boss) == []
    say(team, cast.manager, "@role_opm this one")
    assert [one.kind for one in told(boss)] == ["mention"]
    with scope.system("test"):
        assert Follow.objects.get(owner=boss).muted, "a mention does not take the mute back"
    assert client.post(f"/watch/{team.subject()}/", {"state": "loud"}).status_code == 422
    assert signed_in(cast.neighbour).post(f"/watch/{team.subject()}/", {"state": "follow"}).status_code == 404


def test_who_lost_the_right_to_read_hears_and_sees_nothing(cast: people.Cast, team: Team) -> None:
    mate = cast.by_role["SUP"]
    say(team, cast.manager, "Soon secret @role_sup")
    client = signed_in(mate)
    assert "Soon secret" in client.get("/notices/").content.decode()
    with scope.system("test"):
        org.end_role(mate.role_grants.get(), on=date(2020, 1, 2), actor=None)
    page = client.get("/notices/").content.decode()
    assert "Soon secret" not in page and "Early shift" not in page
    assert client.get("/api/v1/notices/").json() == {"results": []}
    say(team, cast.manager, "Another one")
    assert len(told(mate)) == 1
    assert run("comms.send") == ["done"]
    assert ("mail", "dropped") in sendings()


def test_notices_are_their_owners_alone(cast: people.Cast, team: Team) -> None:
    say(team, cast.manager, "Look @role_opm")
    with scope.of(cast.by_role["SUP"]), connection.cursor() as cursor:
        for table in ("comms_notice", "comms_sending", "comms_noticesettings", "comms_pushsubscription"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,)
    (notice,) = told(cast.by_role["OPM"])
    foreign = signed_in(cast.by_role["SUP"])
    assert foreign.post("/notices/read/", {"key": notice.pk}).status_code == 302
    assert told(cast.by_role["OPM"])[0].read_at is None
    own = signed_in(cast.by_role["OPM"])
    assert "Notices: 1" in own.get("/notices/").content.decode()
    assert own.post("/notices/read/", {"key": notice.pk}, headers={"X-Requested-By": "bell"}).status_code == 204
    assert told(cast.by_role["OPM"])[0].read_at is not None
    assert "Nothing new" in own.get("/notices/?popover=1").content.decode()


def test_many_alike_fold_into_one_line(cast: people.Cast, team: Team) -> None:
    boss = cast.by_role["OPM"]
    with transaction.atomic(), scope.system("test"):
        teams = [
            org.form_team(department=cast.company.plant, code=f"T{number}", name=f"Team {number}", actor=None)
            for number in range(20)
        ]
        for one in teams:
            services.follow(subject=one.subject(), actor=boss)
            org.change_team(one, name=f"New {one.code}", actor=cast.manager)
    run("comms.notify")
    page = signed_in(boss).get("/notices/").content.decode()
    assert "20 × Team changed" in page and page.count("o-notice") == 1


def test_mail_leaves_once_says_why_and_can_be_stopped(cast: people.Cast, team: Team, mailbox: Mailbox) -> None:
    say(team, cast.manager, "Look\n@role_opm")
    assert run("comms.send") == ["done"]
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Manager Test: mentions you · Early shift"
    body = mail.get_content()
    assert "You get this because you are mentioned." in body and f"/teams/{team.pk}/" in body
    with scope.system("test"):
        key = Sending.objects.get().pk
    services.send(key)
    assert len(mailbox.mails) == 1
    link = mail["List-Unsubscribe"].strip("<>").partition("//")[2].partition("/")[2]
    visitor = Client(enforce_csrf_checks=True)
    assert "stop getting mail" in visitor.get(f"/{link}").content.decode()
    assert visitor.post(f"/{link}", {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert visitor.get("/notices/leave/forged/").status_code == 422
    say(team, cast.manager, "Once more @role_opm")
    run("comms.send")
    assert len(mailbox.mails) == 1 and len(told(cast.by_role["OPM"])) == 2


def test_mail_waits_after_a_restore(cast: people.Cast, team: Team, mailbox: Mailbox) -> None:
    say(team, cast.manager, "Look @role_opm")
    with transaction.atomic(), scope.system("test"):
        emit(Restored(subject="platform:1", backup="then", head="none"), actor=None)
    assert run("comms.send") == ["postponed"] and mailbox.mails == []
    with scope.system("test"):
        outbound.resume(actor=cast.admin)
    assert run("comms.send") == ["done"] and len(mailbox.mails) == 1


def test_quiet_hours_hold_and_the_morning_lets_go(cast: people.Cast, team: Team, mailbox: Mailbox) -> None:
    boss = cast.by_role["OPM"]
    with scope.system("test"):
        NoticeSettings.objects.create(owner=boss, quiet_from=time(0, 0), quiet_until=time(23, 59))
    say(team, cast.manager, "Look @role_opm")
    assert sendings() == [("mail", "waiting")] and run("comms.send") == []
    with transaction.atomic(), scope.system("test"):
        due = Sending.objects.get().due_at
        assert services.release_due(now=due - timedelta(seconds=1)) == 0
        assert services.release_due(now=due) == 1
        assert services.release_due(now=due) == 0
    assert run("comms.send") == ["done"] and len(mailbox.mails) == 1


def test_a_notice_read_meanwhile_is_not_mailed(cast: people.Cast, team: Team, mailbox: Mailbox) -> None:
    say(team, cast.manager, "Look @role_opm")
    with transaction.atomic(), scope.of(cast.by_role["OPM"]):
        services.mark_read(actor=cast.by_role["OPM"])
    run("comms.send")
    assert mailbox.mails == [] and sendings() == [("mail", "dropped")]


def test_one_digest_a_day_at_the_persons_hour(cast: people.Cast, team: Team, mailbox: Mailbox) -> None:
    boss = cast.by_role["OPM"]
    with transaction.atomic(), scope.of(boss):
        services.follow(subject=team.subject(), actor=boss)
    for text in ("One", "Two"):
        say(team, cast.manager, text)
    with transaction.atomic(), scope.system("test"):
        User.objects.filter(pk=boss.pk).update(time_zone="Europe/Stockholm")
        Notice.objects.update(created_at=datetime(2026, 3, 28, 12, tzinfo=UTC))
        assert services.release_due(now=datetime(2026, 3, 29, 4, 59, tzinfo=UTC)) == 0
        assert services.release_due(now=datetime(2026, 3, 29, 5, 0, tzinfo=UTC)) == 1, "07:00 summer time"
        assert services.release_due(now=datetime(2026, 3, 29, 9, 0, tzinfo=UTC)) == 0
    run("comms.send")
    (mail,) = mailbox.mails
    assert mail["Subject"] == "2 notices of 29 Mar" and "One" in mail.get_content() and "Two" in mail.get_content()
    say(team, cast.manager, "Three")
    with transaction.atomic(), scope.system("test"):
        Notice.objects.filter(excerpt="Three").update(created_at=datetime(2026, 3, 29, 8, tzinfo=UTC))
        assert services.release_due(now=datetime(2026, 3, 29, 9, 5, tzinfo=UTC)) == 0
        assert services.release_due(now=datetime(2026, 3, 30, 5, 0, tzinfo=UTC)) == 1


def test_the_grid_is_kept_as_chosen(cast: people.Cast, team: Team) -> None:
    boss = cast.by_role["OPM"]
    client = signed_in(boss)
    data = {
        "digest_hour": "6",
        "quiet_from": "22:00",
        "quiet_until": "06:00",
        "mention.mail": "off",
        "mention.app": "off",
    }
    data["mention.push"] = "off"
    assert client.post("/notices/settings/", data).status_code == 302
    read = client.get("/api/v1/notices/settings/").json()
    assert read["grid"]["mention"] == {"app": "off", "mail": "off", "push": "off"}
    assert (read["digest_hour"], read["quiet_from"], read["grid"]["comment"]["mail"]) == (6, "22:00:00", "digest")
    say(team, cast.manager, "Look @role_opm")
    assert told(boss) == []
    assert client.post("/notices/settings/", {**data, "quiet_until": ""}).status_code == 422
    assert client.post("/notices/settings/", {**data, "mention.mail": "louder"}).status_code == 422
    wrong = {**read, "grid": {"mention": {"mail": "louder"}}}
    assert client.post("/api/v1/notices/settings/", wrong, content_type="application/json").status_code == 422


@pytest.mark.parametrize(
    ("start", "end", "now", "expected"),
    [
        (None, None, "2026-01-05T02:00+01:00", "2026-01-05T02:00+01:00"),
        ("22:00", "06:00", "2026-01-05T23:00+01:00", "2026-01-06T06:00+01:00"),
        ("22:00", "06:00", "2026-01-05T05:59+01:00", "2026-01-05T06:00+01:00"),
        ("22:00", "06:00", "2026-01-05T06:00+01:00", "2026-01-05T06:00+01:00"),
        ("22:00", "06:00", "2026-01-05T21:59+01:00", "2026-01-05T21:59+01:00"),
        ("12:00", "13:00", "2026-01-05T12:00+01:00", "2026-01-05T13:00+01:00"),
        ("22:00", "06:00", "2026-03-28T23:00+01:00", "2026-03-29T06:00+02:00"),
    ],
)
def test_quiet_hours(start: str | None, end: str | None, now: str, expected: str) -> None:
    read = time.fromisoformat
    found = choices.quiet_until(
        read(start) if start else None, read(end) if end else None, datetime.fromisoformat(now), STOCKHOLM
    )
    assert found == datetime.fromisoformat(expected)


def browser_of(user: User, name: str = "one") -> PushSubscription:
    key = ec.generate_private_key(webpush.CURVE)
    with transaction.atomic(), scope.of(user):
        return services.subscribe(
            endpoint=f"https://push.example.net/{name}",
            p256dh=webpush.b64(webpush.point(key)),
            auth=webpush.b64(b"0123456789abcdef"),
            agent="Test",
            actor=user,
        )


def test_push_goes_to_every_browser_and_forgets_those_that_are_gone(
    cast: people.Cast, team: Team, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    boss, sent = cast.by_role["OPM"], []

    def answer(method: str, url: str, *, headers: dict[str, str], body: bytes) -> http.Response:
        sent.append((method, url, headers, body))
        return http.Response(410 if url.endswith("gone") else 201, {}, b"")

    monkeypatch.setattr(sending.http, "request", answer)
    browser_of(boss, "one")
    browser_of(boss, "gone")
    say(team, cast.manager, "Look @role_opm")
    assert run("comms.send") == ["done", "done"]
    assert {one[1] for one in sent} == {"https://push.example.net/one", "https://push.example.net/gone"}
    assert all(
        one[2]["Content-Encoding"] == "aes128gcm" and one[2]["Authorization"].startswith("vapid t=") for one in sent
    )
    assert all(b"Look" not in one[3] for one in sent), "only the browser can read it"
    with scope.system("test"):
        assert [one.endpoint[-3:] for one in PushSubscription.objects.all()] == ["one"]
    assert set(sendings()) == {("mail", "sent"), ("push", "sent")}


@pytest.mark.parametrize(
    "endpoint",
    ["http://push.example.net/x", "https://127.0.0.1:6379/x", "https://user@push.example.net/", "file:///etc"],
)
def test_a_push_address_that_may_not_be_called_is_refused(cast: people.Cast, endpoint: str) -> None:
    answer = signed_in(cast.manager).post("/notices/push/", {"endpoint": endpoint, "p256dh": "x", "auth": "x"})
    assert answer.status_code == 422 and answer.json()["detail"]


def test_a_push_address_inside_is_never_dialled(cast: people.Cast) -> None:
    key = ec.generate_private_key(webpush.CURVE)
    row = PushSubscription(
        endpoint="https://127.0.0.1/x", p256dh=webpush.b64(webpush.point(key)), auth=webpush.b64(b"0" * 16)
    )
    assert sending.post_push(row, json.dumps({"title": "x"}).encode()) == 0
    with pytest.raises(Refused):
        http.request("POST", row.endpoint)


def test_notices_of_half_a_year_ago_are_forgotten(cast: people.Cast, team: Team, mailbox: Mailbox) -> None:
    say(team, cast.manager, "Old @role_opm")
    with scope.system("test"):
        Notice.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
        day = date(2026, 1, 2)
        digest = Sending.objects.create(
            owner=cast.manager, channel="mail", digest_on=day, due_at=datetime(2026, 1, 2, tzinfo=UTC)
        )
        Notice.objects.filter(owner=cast.manager).update(digest=digest)
    say(team, cast.manager, "New @role_sup")
    with transaction.atomic(), scope.system("test"):
        assert services.forget_old(now=datetime(2026, 6, 29, tzinfo=UTC)) == 0
        assert services.forget_old(now=datetime(2026, 7, 2, tzinfo=UTC)) >= 1
        assert [one.excerpt for one in Notice.objects.filter(owner=cast.by_role["SUP"])] == ["New @role_sup"]
        assert not Notice.objects.filter(excerpt="Old @role_opm").exists()
        assert not Sending.objects.filter(digest_on__isnull=False).exists()
