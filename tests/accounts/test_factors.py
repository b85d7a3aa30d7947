"""The second factor: codes from a phone work once, recovery codes work once, and no address leads around them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from pytest import MonkeyPatch

from apps.accounts.models import SecurityEvent
from tests.accounts.door import PERIOD, code_at, person, sign_in
from tests.factories import people

pytestmark = pytest.mark.django_db
NOON = 1_795_521_600.0


class Clock:
    """A phone and a server that agree on the time, which the test moves by whole periods."""

    def __init__(self) -> None:
        self.now = NOON

    def next_code(self, secret: str) -> str:
        self.now += PERIOD
        return code_at(secret, self.now)


@pytest.fixture
def clock(monkeypatch: MonkeyPatch) -> Clock:
    clock = Clock()

    class Frozen:
        @staticmethod
        def time() -> float:
            return clock.now

    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", Frozen)
    return clock


@pytest.fixture(autouse=True)
def _fresh_counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def prove(client: Client, path: str) -> Any:
    """Factors are touched only by somebody who gives the password once more."""
    asked = client.get(path)
    assert asked.status_code == 302 and asked["Location"].startswith("/account/reauthenticate/")
    return client.post(asked["Location"], {"password": people.PASSWORD})


def activate(client: Client, clock: Clock) -> tuple[str, list[str]]:
    """Set up a phone; returns its secret and the recovery codes shown."""
    assert prove(client, "/account/2fa/totp/activate/").status_code == 302
    page = client.get("/account/2fa/totp/activate/")
    assert page.status_code == 200
    secret: str = page.context["form"].secret
    answer = client.post("/account/2fa/totp/activate/", {"code": clock.next_code(secret)}, follow=True)
    codes: list[str] = answer.context["unused_codes"]
    assert len(codes) == 10 and codes[0] in answer.content.decode()
    return secret, codes


def begin(login: str = "mia") -> Client:
    """Somebody who gave the right password and is asked for the second factor."""
    client = Client()
    answer = client.post("/account/login/", {"login": login, "password": people.PASSWORD})
    assert answer["Location"] == "/account/2fa/authenticate/"
    return client


def gives(client: Client, code: str) -> bool:
    return bool(client.post("/account/2fa/authenticate/", {"code": code}).status_code == 302)


def inside(client: Client) -> bool:
    return bool(client.get("/settings/me/").status_code == 200)


@pytest.fixture
def mia(clock: Clock) -> tuple[str, list[str]]:
    person("mia")
    client = Client()
    assert sign_in(client, "mia")
    return activate(client, clock)


def test_codes_follow_the_published_vectors() -> None:
    """RFC 6238, appendix B, SHA-1 rows (their last six digits)."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    published = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"}
    assert {moment: format_hotp_value(hotp_value(secret, moment // PERIOD)) for moment in published} == published


def test_a_code_opens_once(mia: tuple[str, list[str]], clock: Clock) -> None:
    secret, _ = mia
    first = begin()
    code = clock.next_code(secret)
    assert not inside(first), "the password alone opens nothing"
    assert gives(first, code) and inside(first)
    second = begin()
    assert not gives(second, code) and not inside(second), "the same code again, as somebody who looked over a shoulder"
    assert gives(second, clock.next_code(secret)) and inside(second)


def test_old_and_wrong_codes_are_refused(mia: tuple[str, list[str]], clock: Clock) -> None:
    secret, _ = mia
    client = begin()
    old = clock.next_code(secret)
    clock.now += 2 * PERIOD
    assert not gives(client, old)
    assert not gives(client, f"{(int(clock.next_code(secret)) + 1) % 10**6:06d}")
    assert not inside(client)
    assert SecurityEvent.objects.filter(kind="factor_failed", login="mia").count() == 2


def test_guessing_codes_is_stopped(mia: tuple[str, list[str]], clock: Clock) -> None:
    secret, _ = mia
    client = begin()
    right = clock.next_code(secret)
    for _ in range(5):
        assert not gives(client, f"{(int(right) + 1) % 10**6:06d}")
    assert not gives(client, right), "after five wrong codes the right one must wait too"


def test_a_recovery_code_opens_once(mia: tuple[str, list[str]]) -> None:
    _, codes = mia
    first, second = begin(), begin()
    assert gives(first, codes[0]) and inside(first)
    assert not gives(second, codes[0]) and not inside(second)
    assert gives(second, codes[1]) and inside(second)


@pytest.mark.parametrize(
    "path", ["/", "/settings/me/", "/settings/tokens/", "/account/password/change/", "/account/2fa/", "/account/sessions/",
             "/account/2fa/totp/deactivate/", "/account/2fa/recovery-codes/", "/account/reauthenticate/", "/people/"]
)  # fmt: skip
def test_no_address_leads_around_the_second_factor(mia: tuple[str, list[str]], path: str) -> None:
    client = begin()
    for answer in (client.get(path), client.post(path, {"password": people.PASSWORD})):
        assert answer.status_code == 302 and answer["Location"].startswith("/account/login/")
    assert client.get("/api/v1/people/").status_code == 401


def test_switching_the_factor_off_asks_again(mia: tuple[str, list[str]], clock: Clock) -> None:
    secret, _ = mia
    client = begin()
    assert gives(client, clock.next_code(secret))
    answer = client.post("/account/2fa/totp/deactivate/")
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert Authenticator.objects.filter(type="totp").exists()
    assert client.post(answer["Location"], {"password": people.PASSWORD}).status_code == 302, "what was asked goes on"
    assert not Authenticator.objects.filter(type="totp").exists()
    assert sign_in(Client(), "mia")


@pytest.mark.django_db(transaction=True)
def test_factors_that_come_and_go_are_recorded(clock: Clock) -> None:
    """The library tells only after the commit, so this test commits."""
    person("mia")
    client = Client()
    assert sign_in(client, "mia")
    activate(client, clock)
    assert client.post("/account/2fa/totp/deactivate/").status_code == 302
    records = SecurityEvent.objects.filter(kind__startswith="factor_").order_by("id")
    assert list(records.values_list("kind", "login", "details__factor")) == [
        ("factor_added", "mia", "totp"),
        ("factor_added", "mia", "recovery_codes"),
        ("factor_removed", "mia", "totp"),
        ("factor_removed", "mia", "recovery_codes"),
    ]


def test_the_secret_is_not_readable_in_the_database(mia: tuple[str, list[str]]) -> None:
    secret, codes = mia
    stored: list[Any] = list(Authenticator.objects.values_list("data", flat=True))
    assert stored and secret not in str(stored) and not any(code in str(stored) for code in codes)


def test_the_page_names_this_installation_in_the_phone() -> None:
    person("mia")
    client = Client()
    assert sign_in(client, "mia")
    prove(client, "/account/2fa/totp/activate/")
    page = client.get("/account/2fa/totp/activate/")
    url = urlsplit(page.context["totp_url"])
    assert (url.scheme, url.netloc, url.path) == ("otpauth", "totp", "/mia%40example.org")
    assert parse_qs(url.query)["issuer"] == [settings.MFA_TOTP_ISSUER]
