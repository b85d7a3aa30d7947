"""The one-time link to the first admin account: signed, half an hour long, and dead as soon as anybody exists."""

from __future__ import annotations

from django.core import signing

from apps.accounts.models import User
from apps.core.errors import Refused

SALT = "accounts.setuplink"
SECONDS = 30 * 60


def make() -> str:
    """The secret part of the link; refused once there are people, because the link makes the first one only."""
    _refuse_when_set_up()
    return signing.TimestampSigner(salt=SALT).sign("first-admin").partition(":")[2]


def check(text: str) -> None:
    """Refuse wrong, old and used links."""
    _refuse_when_set_up()
    try:
        signing.TimestampSigner(salt=SALT).unsign(f"first-admin:{text}", max_age=SECONDS)
    except signing.BadSignature as error:
        raise Refused(
            "This link is wrong or older than 30 minutes. Make a new one with 'manage.py setup_link'.", code="bad_link"
        ) from error


def _refuse_when_set_up() -> None:
    if User.objects.exists():
        raise Refused("This installation is set up already. Sign in instead.", code="set_up_already")
