"""A signed cookie that says on which accounts this browser has signed in before."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

NAME = "__Host-ops-device" if settings.HTTPS else "ops-device"
LIFE = 180 * 24 * 3600
SALT = "accounts.devices"
MOST_PEOPLE = 20


def _read(request: HttpRequest) -> dict[str, str]:
    try:
        found: dict[str, str] = signing.loads(request.COOKIES.get(NAME, ""), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return {}
    return found


def known_device(request: HttpRequest, account: str) -> str:
    """The id of this browser if it signed in to this account before, else empty."""
    return _read(request).get(account, "")


def remember(request: HttpRequest, response: HttpResponse, user: Any) -> None:
    """Shared terminals keep several people."""
    known = _read(request)
    account = f"user:{user.pk}"
    known[account] = known.get(account) or get_random_string(16)
    kept = dict(list(known.items())[-MOST_PEOPLE:])
    response.set_cookie(
        NAME, signing.dumps(kept, salt=SALT), max_age=LIFE, secure=settings.HTTPS, httponly=True, samesite="Lax"
    )
