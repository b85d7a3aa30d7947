"""What tests of the front door share: people, signing in, and a sign-in that has grown old."""

from __future__ import annotations

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import transaction
from django.test import Client

from apps.accounts.models import User
from apps.core.access import scope
from tests.factories import people

PERIOD = 30


def person(name: str) -> User:
    with transaction.atomic(), scope.system("test"):
        return people.user(name)


def sign_in(client: Client, login: str, password: str = people.PASSWORD, address: str = "10.0.0.1") -> bool:
    answer = client.post("/account/login/", {"login": login, "password": password}, REMOTE_ADDR=address)
    return bool(answer.status_code == 302)


def grow_old(client: Client) -> None:
    """As if the last proof of who this is were more than five minutes ago."""
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= 301
    session["signed_in_at"] -= 301
    session.save()


def code_at(secret: str, moment: float) -> str:
    """What the phone shows at that moment."""
    return format_hotp_value(hotp_value(secret, int(moment) // PERIOD))
