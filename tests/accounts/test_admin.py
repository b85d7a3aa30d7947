"""What an admin does for others: end sessions, hand out a one-time link, grant roles; each asks again when it must."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import SecurityEvent, User
from apps.core.access import scope
from apps.core.models import Event
from apps.org.models import RoleGrant
from tests.accounts.door import grow_old, sign_in
from tests.factories import people

pytestmark = pytest.mark.django_db
NEW = "seven unrelated green teapots"


@pytest.fixture(autouse=True)
def _fresh_counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def cast() -> people.Cast:
    with scope.system("test"):
        return people.cast()


@pytest.fixture
def admin(cast: people.Cast) -> Client:
    client = Client()
    assert sign_in(client, cast.admin.username)
    return client


def inside(client: Client) -> bool:
    return bool(client.get("/settings/me/").status_code == 200)


def test_an_admin_ends_the_sessions_of_a_person(cast: people.Cast, admin: Client) -> None:
    desk, phone, other = Client(), Client(), Client()
    assert sign_in(desk, "worker") and sign_in(phone, "worker") and sign_in(other, "manager")
    url = f"/people/{cast.worker.pk}/end-sessions/"
    assert other.post(url).status_code in {403, 404} and inside(desk)
    assert admin.post(url).status_code == 302
    assert not inside(desk) and not inside(phone)
    assert inside(other) and inside(admin), "nobody else is sent out"
    record = SecurityEvent.objects.get(kind="session_ended")
    assert (record.user_id, record.details) == (cast.worker.pk, {"ended": 2, "by": cast.admin.pk})
    with scope.system("test"):
        assert Event.objects.filter(name="accounts.sessions_ended", subject=cast.worker.subject()).count() == 1
    assert sign_in(desk, "worker"), "they may sign in again"


def make_link(admin: Client, person: User) -> str:
    url = f"/people/{person.pk}/set-password-link/"
    assert "works once" in admin.get(url).content.decode()
    answer = admin.post(url)
    assert answer.status_code == 200
    found = re.search(r"/account/password/reset/key/[^\s<\"]+", answer.content.decode())
    assert found is not None
    return found.group()


def set_password(link: str) -> Any:
    client = Client()
    form = client.get(link)
    if form.status_code != 302:
        return form
    return client.post(form["Location"], {"password1": NEW, "password2": NEW})


def test_a_person_without_mail_gets_in_by_a_link_that_works_once(cast: people.Cast, admin: Client) -> None:
    with scope.system("test"):
        nell = services.invite_user(username="nell", actor=None)
    link = make_link(admin, nell)
    assert set_password(link).status_code == 302
    assert sign_in(Client(), "nell", NEW)
    again = set_password(link)
    assert again.status_code != 302 and "password1" not in again.content.decode(), "a used link shows no form"
    assert SecurityEvent.objects.filter(kind="password_link_made", user_id=nell.pk).count() == 1
    assert SecurityEvent.objects.filter(kind="password_changed", user_id=nell.pk).count() == 1
    secret = link.rstrip("/").rsplit("/", 1)[1]
    with scope.system("test"):
        assert not any(secret in str(event.payload) for event in Event.objects.all())


def test_the_link_ages_and_guesses_fail(cast: people.Cast, admin: Client, settings: Any) -> None:
    link = make_link(admin, cast.worker)
    assert set_password(f"{link[:-2]}x/").status_code != 302
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert set_password(link).status_code != 302
    assert sign_in(Client(), "worker"), "the old password still holds"


def test_links_and_sessions_are_the_admins_alone(cast: people.Cast) -> None:
    for name in ("manager", "neighbour", "stranger"):
        client = Client()
        assert sign_in(client, name)
        for verb in ("set-password-link", "end-sessions"):
            url = f"/people/{cast.worker.pk}/{verb}/"
            assert client.get(url).status_code in {403, 404} and client.post(url).status_code in {403, 404}
    assert not SecurityEvent.objects.filter(kind__in=("password_link_made", "session_ended")).exists()


def test_granting_a_role_asks_again_and_then_works(cast: people.Cast, admin: Client) -> None:
    given = {
        "user": cast.stranger.pk,
        "role": "OPR",
        "department": cast.company.line.pk,
        "valid_from": timezone.localdate().isoformat(),
    }
    grow_old(admin)
    before = RoleGrant.objects.count()
    for asked in (admin.get("/role-grants/new/"), admin.post("/role-grants/new/", given)):
        assert asked.status_code == 302
        assert asked["Location"] == "/account/reauthenticate/?next=%2Frole-grants%2Fnew%2F"
    assert RoleGrant.objects.count() == before
    assert admin.post(asked["Location"], {"password": "wrong horse battery staple"}).status_code == 200
    assert admin.post("/role-grants/new/", given).status_code == 302 and RoleGrant.objects.count() == before
    back = admin.post(asked["Location"], {"password": people.PASSWORD})
    assert back["Location"] == "/role-grants/new/"
    assert admin.post("/role-grants/new/", given).status_code == 302
    assert RoleGrant.objects.count() == before + 1


@pytest.mark.parametrize("verb", ["set-password-link", "switch-off"])
def test_an_old_sign_in_is_asked_before_sensitive_verbs(cast: people.Cast, admin: Client, verb: str) -> None:
    grow_old(admin)
    url = f"/people/{cast.worker.pk}/{verb}/"
    for answer in (admin.get(url), admin.post(url)):
        assert answer.status_code == 302 and answer["Location"].startswith("/account/reauthenticate/")
    inner = admin.get(url, headers={"HX-Request": "true"})
    assert inner.status_code == 204 and inner["HX-Redirect"].startswith("/account/reauthenticate/")
    cast.worker.refresh_from_db()
    assert cast.worker.is_active


def test_the_api_asks_for_a_new_sign_in_too(cast: people.Cast, admin: Client) -> None:
    """A browser session cannot go round the question by calling the same verb at the other door."""
    grow_old(admin)
    answer = admin.post(f"/api/v1/people/{cast.worker.pk}/switch-off/", {}, content_type="application/json")
    assert answer.status_code == 403
    assert answer.json()["code"] == "sign_in_again"
    assert User.objects.get(pk=cast.worker.pk).is_active
