"""Signing in: the first admin, slowed guessing, sessions that end, records of what happened, company sign-in."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest import CaptureFixture, MonkeyPatch

from apps.accounts import lockout, setuplink
from apps.accounts.models import SecurityEvent, SignInFailure, User
from apps.core.access import scope
from apps.core.access.rights import rights_of
from tests.accounts.door import grow_old, person, sign_in
from tests.factories import people

pytestmark = pytest.mark.django_db
WRONG = "wrong horse battery staple"


@pytest.fixture(autouse=True)
def _fresh_counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_the_setup_link_makes_one_admin_and_then_dies(capsys: CaptureFixture[str]) -> None:
    call_command("setup_link")
    path = re.search(r"/setup/\S+", capsys.readouterr().out).group()  # type: ignore[union-attr]
    client = Client()
    assert client.get(path).status_code == 200
    given = {
        "company": "Acme",
        "username": "ann",
        "first_name": "Ann",
        "last_name": "Lee",
        "password": "short",
        "again": "x",
    }
    assert client.post(path, given).status_code == 422
    assert not User.objects.exists()
    given |= {"password": people.PASSWORD, "again": people.PASSWORD}
    assert client.post(path, given).status_code == 302
    ann = User.objects.get()
    with scope.system("test"):
        assert rights_of(ann).roles == {"ADM", "OPM"}
    assert sign_in(client, "ann")
    assert client.get(path).status_code == 422
    call_command("setup_link")
    assert "/setup/" not in capsys.readouterr().out


def test_wrong_and_old_setup_links_are_refused(monkeypatch: MonkeyPatch) -> None:
    text = setuplink.make()
    assert Client().get(f"/setup/{text[:-1]}x/").status_code == 422
    assert Client().get("/setup/guess/").status_code == 422
    later = time.time() + setuplink.SECONDS + 5
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    answer = Client().get(f"/setup/{text}/")
    assert answer.status_code == 422 and "30 minutes" in answer.content.decode()


def test_guessing_is_paused_and_a_known_device_still_signs_in() -> None:
    person("mia")
    known = Client()
    assert sign_in(known, "mia")
    known.post("/account/logout/")
    guesser = Client()
    for _ in range(lockout.FREE_TRIES):
        assert not sign_in(guesser, "mia", WRONG, "10.9.9.9")
    cache.clear()
    assert not sign_in(guesser, "mia", address="10.9.9.9"), "the right password too must wait"
    assert not sign_in(Client(), "MIA", address="10.9.9.77"), "neither case nor the same network helps"
    assert sign_in(known, "mia", address="10.9.9.9")
    assert SecurityEvent.objects.filter(kind="locked").exists()
    SignInFailure.objects.update(last_at=timezone.now() - timedelta(seconds=10))
    assert sign_in(Client(), "mia", address="10.9.9.9"), "after the pause the door opens"


def test_a_hundred_failures_in_a_row_close_the_account_to_strangers_only() -> None:
    mia = person("mia")
    known = Client()
    assert sign_in(known, "mia")
    known.post("/account/logout/")
    account = f"user:{mia.pk}"
    for number in range(25):
        for _ in range(4):
            lockout.failed(account=account, place=f"10.1.{number}.0/24")
    assert not sign_in(Client(), "mia", address="10.77.0.1")
    assert sign_in(known, "mia")
    assert sign_in(Client(), "mia", address="10.77.0.1"), "success ends the row of failures"


def test_one_password_on_many_accounts_closes_the_network_and_not_known_devices() -> None:
    person("mia")
    known, stranger = Client(), Client()
    assert sign_in(known, "mia")
    known.post("/account/logout/")
    for number in range(lockout.MOST_ACCOUNTS_PER_NETWORK):
        assert not lockout.sprayed("10.8.8.0/24")
        assert not sign_in(stranger, f"guess{number}", WRONG, f"10.8.8.{number}")
    answer = stranger.post("/account/login/", {"login": "mia", "password": people.PASSWORD}, REMOTE_ADDR="10.8.8.200")
    assert answer.status_code == 200 and "a quarter of an hour" in answer.content.decode()
    assert SecurityEvent.objects.filter(kind="sprayed").count() == 1
    assert sign_in(known, "mia", address="10.8.8.200"), "a device known to its account is not a stranger"
    assert sign_in(Client(), "mia", address="10.5.5.5"), "other networks go on"
    SignInFailure.objects.update(last_at=timezone.now() - lockout.SPRAY_WINDOW)
    assert sign_in(Client(), "mia", address="10.8.8.200"), "after the window the door opens"


def test_many_accounts_from_many_networks_close_the_door_to_strangers(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(lockout, "MOST_ACCOUNTS", 20)
    person("mia")
    known = Client()
    assert sign_in(known, "mia")
    known.post("/account/logout/")
    for number in range(20):
        lockout.failed(account=f"login:guess{number}", place=f"10.20.{number}.0/24")
    assert not sign_in(Client(), "mia", address="10.6.6.6")
    assert sign_in(known, "mia", address="10.6.6.6")


def test_unknown_people_get_the_same_answers() -> None:
    person("mia")
    answers: dict[str, list[tuple[int, str]]] = {}
    for login in ("mia", "nobody"):
        client = Client()
        for _ in range(lockout.FREE_TRIES + 1):
            answer = client.post(
                "/account/login/", {"login": login, "password": WRONG}, REMOTE_ADDR=f"10.{len(login)}.0.1"
            )
            page = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", answer.content.decode()).replace(
                login, "X"
            )
            answers.setdefault(login, []).append((answer.status_code, page))
    assert answers["mia"] == answers["nobody"]
    assert "Wait a few minutes" in answers["mia"][-1][1]


def test_sessions_end_twelve_hours_after_sign_in_however_busy(monkeypatch: MonkeyPatch) -> None:
    person("mia")
    client = Client()
    before = client.cookies.get("ops")
    assert sign_in(client, "mia")
    assert before is None or before.value != client.cookies["ops"].value
    session = client.session
    session["signed_in_at"] = int(time.time()) - 12 * 3600 + 60
    session.save()
    assert client.get("/settings/me/").status_code == 200
    session = client.session
    session["signed_in_at"] = int(time.time()) - 12 * 3600 - 1
    session["seen_at"] = int(time.time())
    session.save()
    assert client.get("/settings/me/").status_code == 302


def test_a_new_password_ends_other_sessions() -> None:
    person("mia")
    here, there = Client(), Client()
    assert sign_in(here, "mia") and sign_in(there, "mia")
    fresh = "seven unrelated green teapots"
    given = {"oldpassword": people.PASSWORD, "password1": fresh, "password2": fresh}
    assert here.post("/account/password/change/", given).status_code == 302
    assert here.get("/settings/me/").status_code == 200
    assert there.get("/settings/me/").status_code == 302
    assert SecurityEvent.objects.filter(kind="password_changed").count() == 1


def test_what_happens_at_the_door_is_recorded_and_cannot_be_changed() -> None:
    mia = person("mia")
    client = Client(headers={"User-Agent": "test browser"})
    sign_in(client, "mia", WRONG)
    sign_in(client, "mia")
    assert client.get("/audit/").status_code == 403
    client.post("/account/logout/")
    found = SecurityEvent.objects.order_by("id").values_list("kind", "login", "address", "agent")
    assert list(found) == [
        (kind, "mia", "10.0.0.1" if "sign" in kind and "out" not in kind else "127.0.0.1", "test browser")
        for kind in ("sign_in_failed", "signed_in", "denied", "signed_out")
    ]
    assert SecurityEvent.objects.get(kind="signed_in").user_id == mia.pk
    with (
        pytest.raises(Exception, match="permission denied|append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM accounts_securityevent")


@pytest.mark.parametrize("path", ["signup/", "email/", "confirm-email/", "3rdparty/signup/"])
def test_nobody_makes_accounts_for_themselves(path: str) -> None:
    assert Client().get(f"/account/{path}").status_code == 404


@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("fourteen-chars", False),
        ("passwordpassword", False),
        ("aaaaaaaaaaaaaaaaaaaa", False),
        ("miamiamiamiamiamia", False),
        ("opsplatformopsplatform", False),
        ("correct horse battery staple", True),
        ("åäö trädgård ✓ smörgåsbord i juli", True),
        ("x7 " * 24 + "end of a long one", True),
        ("w" + "ab cd ef " * 40, False),
    ],
)
def test_password_rules(password: str, accepted: bool) -> None:
    person("mia")
    client = Client()
    sign_in(client, "mia")
    given = {"oldpassword": people.PASSWORD, "password1": password, "password2": password}
    assert (client.post("/account/password/change/", given).status_code == 302) is accepted


def test_a_token_is_made_only_by_somebody_who_just_proved_who_they_are() -> None:
    with scope.system("test"):
        cast = people.cast()
    client = Client()
    assert sign_in(client, cast.manager.username)
    assert client.get("/settings/tokens/").status_code == 200
    grow_old(client)
    answer = client.get("/settings/tokens/")
    assert answer.status_code == 302 and answer["Location"].startswith("/account/reauthenticate/?next=")
    assert client.post(answer["Location"], {"password": people.PASSWORD}).status_code == 302
    assert client.get("/settings/tokens/").status_code == 200
