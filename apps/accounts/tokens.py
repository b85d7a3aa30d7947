"""API tokens: made once, stored as a keyed hash, checked in constant time."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.models import ApiToken
from apps.core.web.identify import TokenProblem, read_tokens_with

PREFIX = "ops_"
TOUCH_AFTER = timedelta(minutes=1)


def new_secret() -> tuple[str, str]:
    """(key id, secret): 64 and 256 random bits."""
    return secrets.token_hex(8), secrets.token_urlsafe(32)


def hmac_of(secret: str) -> str:
    return hmac.new(settings.TOKEN_PEPPER.encode(), secret.encode(), sha256).hexdigest()


def text_of(key_id: str, secret: str) -> str:
    return f"{PREFIX}{key_id}_{secret}"


@read_tokens_with
def user_of(text: str, address: str) -> Any:
    """The owner, acting by this token; a TokenProblem that says why otherwise."""
    key_id, _, secret = text.removeprefix(PREFIX).partition("_")
    if not text.startswith(PREFIX) or not secret:
        return TokenProblem("This is not one of our tokens; they begin with 'ops_'.")
    token = ApiToken.objects.select_related("owner").filter(key_id=key_id[:16]).first()
    if token is None or not hmac.compare_digest(token.secret_hmac, hmac_of(secret)):
        return TokenProblem("This token is not known.")
    if token.revoked_at is not None:
        return TokenProblem("This token was revoked.")
    if token.expires_at <= timezone.now():
        return TokenProblem("This token has expired. Make a new one under Settings, API tokens.")
    if not token.owner.is_active:
        return TokenProblem("The owner of this token can no longer sign in.")
    if token.networks and not any(ip_address(address or "::") in ip_network(one) for one in token.networks):
        return TokenProblem("This token may not be used from this network.")
    if token.last_used_at is None or timezone.now() - token.last_used_at > TOUCH_AFTER:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=Now())
    user: Any = token.owner
    user.acting_token = token
    return user
