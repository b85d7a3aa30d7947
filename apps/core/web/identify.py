"""Finding the person behind a bearer token before the transaction opens; the accounts app provides the look-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

TokenReader = Callable[[str, str], Any]
_readers: list[TokenReader] = []


class TokenProblem:
    """Stands in for a user whose token was refused, so that the API door can say why."""

    is_authenticated = False
    is_active = False
    is_anonymous = True
    pk = None

    def __init__(self, reason: str) -> None:
        self.reason = reason


def read_tokens_with(reader: TokenReader) -> TokenReader:
    """Register the one function (token text, client address) -> user | TokenProblem."""
    if _readers:
        raise ValueError("API tokens already have a reader.")
    _readers.append(reader)
    return reader


def client_address(request: HttpRequest, proxy_count: int) -> str:
    """The caller's address; X-Forwarded-For counts only as far as our own proxies wrote it."""
    remote = str(request.META.get("REMOTE_ADDR") or "")
    if not proxy_count:
        return remote
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    return hops[-proxy_count] if len(hops) >= proxy_count else remote


def user_by_token(request: HttpRequest) -> Any:
    """The user a bearer token speaks for, a TokenProblem for a bad one, None without one. API addresses only."""
    if not request.path.startswith("/api/"):
        return None
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    kind, _, text = header.partition(" ")
    if kind.lower() != "bearer" or not text:
        return TokenProblem("Send the token as 'Authorization: Bearer ops_…'.")
    return _readers[0](text.strip(), client_address(request, settings.PROXY_COUNT)) if _readers else TokenProblem("off")
