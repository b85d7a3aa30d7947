"""Company sign-in opens accounts that an admin made, by verified address, and none else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from apps.accounts import services
from apps.accounts.models import SecurityEvent, User
from apps.core.access import scope
from tests.accounts.provider import CLIENT, SECRET, Provider

pytestmark = pytest.mark.django_db
MIA = {"sub": "mia-at-company", "email": "mia@example.com", "email_verified": True}


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    cache.clear()
    with Provider() as running:
        ours = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
        app = {"provider_id": "sso", "name": "Company sign-in", "client_id": CLIENT, "secret": SECRET}
        app["settings"] = {"server_url": running.url}  # type: ignore[assignment]
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": ours | {"APPS": [app]}}
        yield running


@pytest.fixture
def mia() -> User:
    with scope.system("test"):
        return services.invite_user(username="mia", email="Mia@example.com", actor=None)


def arrive(provider: Provider, client: Client | None = None, **changed: str) -> tuple[Client, Any]:
    """Through the whole round: to the company and back, as a browser does it."""
    client = client or Client()
    sent = client.get("/account/oidc/sso/login/?process=login")
    assert sent.status_code == 302
    return client, client.get("/account/oidc/sso/login/callback/", provider.authorize(sent["Location"]) | changed)


def inside(client: Client) -> bool:
    return bool(client.get("/settings/me/").status_code == 200)


def test_the_sign_in_page_offers_it(provider: Provider) -> None:
    assert "Company sign-in" in Client().get("/account/login/").content.decode()


def test_it_connects_to_the_invited_account_and_later_signs_in_by_subject(provider: Provider, mia: User) -> None:
    provider.claims = MIA
    client, answer = arrive(provider)
    assert answer.status_code == 302 and inside(client)
    assert SecurityEvent.objects.get(kind="signed_in").user_id == mia.pk
    provider.claims = MIA | {"email": "mia.lee@example.com"}
    client, _ = arrive(provider)
    assert inside(client), "a new address at the company changes nobody's account here"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "zed", "email": "zed@example.com", "email_verified": True},
        MIA | {"email_verified": False},
        MIA | {"email_verified": "true"},
        {"sub": "mia-at-company", "email": "mia@example.com"},
        {"sub": "mia-at-company"},
        MIA | {"email": ""},
    ],
    ids=["stranger", "unverified", "verified as text", "not said", "no address", "empty address"],
)
def test_strangers_and_unverified_addresses_stay_outside(provider: Provider, mia: User, claims: dict[str, Any]) -> None:
    provider.claims = claims
    client, answer = arrive(provider)
    assert answer.status_code == 422 and "Ask your admin" in answer.content.decode()
    assert not inside(client) and User.objects.count() == 1
    assert SecurityEvent.objects.filter(kind="sign_in_failed").count() == 1


def test_a_person_who_was_switched_off_stays_outside(provider: Provider, mia: User) -> None:
    provider.claims = MIA
    client, _ = arrive(provider)
    assert inside(client)
    with scope.system("test"):
        services.switch_off_user(mia, actor=None)
    assert not inside(client)
    again, _ = arrive(provider)
    assert not inside(again)


def test_a_strange_audience_issuer_code_or_state_is_refused(provider: Provider, mia: User) -> None:
    provider.claims = MIA
    provider.audience = "another application"
    assert not inside(arrive(provider)[0])
    provider.audience, provider.issuer = CLIENT, "https://elsewhere.example"
    assert not inside(arrive(provider)[0])
    provider.issuer = ""
    assert not inside(arrive(provider, code="stolen")[0])
    assert not inside(arrive(provider, state="forged")[0])
    victim = Client()
    sent = Client().get("/account/oidc/sso/login/?process=login")
    victim.get("/account/oidc/sso/login/callback/", provider.authorize(sent["Location"]))
    assert not inside(victim), "an answer meant for another browser"
    assert inside(arrive(provider)[0]), "and the honest round still works"
