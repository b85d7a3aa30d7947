"""One request is one transaction under one person's scope; every answer carries the security headers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from apps.core.access import scope
from apps.core.events import context
from apps.core.web.identify import user_by_token

Respond = Callable[[HttpRequest], HttpResponse]

UNDO_POINT = "ops_undo"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def undo(request: HttpRequest) -> None:
    """Take back everything this request wrote, and leave the transaction usable for the error page."""
    point = getattr(request, "undo_point", None)
    if point is not None and connection.in_atomic_block:
        transaction.savepoint_rollback(point)
        transaction.set_rollback(False)


class SecurityHeaders:
    """Headers that hold for every answer, errors and files included."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request.method in METHODS
        response = self.get_response(request) if known else HttpResponseNotAllowed(METHODS)
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers["Vary"] = "HX-Request, Cookie"
        return response


class UnitOfWork:
    """Find the person (session or token), open the transaction, look through their scope, undo on any exception."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in {"/-/alive", "/-/ready"}:
            return self.get_response(request)
        request_id = uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        bearer = user_by_token(request)
        if bearer is not None:
            request.user = bearer
        elif request.user.is_authenticated:
            self._end_idle_session(request)
        user = request.user
        token = getattr(user, "acting_token", None)
        with context.entered(request_id=request_id, token_id=token.pk if token else None):
            response = self._in_transaction(request, user)
        response.headers["X-Request-Id"] = request_id
        return response

    def _in_transaction(self, request: HttpRequest, user: Any) -> HttpResponse:
        seen = scope.for_user(user) if user.is_authenticated else scope.NOBODY
        with scope.transacted(seen, savepoint=UNDO_POINT):
            request.undo_point = UNDO_POINT  # type: ignore[attr-defined]
            response = self.get_response(request)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        undo(request)

    def _end_idle_session(self, request: HttpRequest) -> None:
        """Idle time ends the session; background polling does not count as use."""
        now = int(time.time())
        seen = request.session.get("seen_at", now)
        if now - seen > settings.SESSION_IDLE_SECONDS:
            logout(request)
            return
        polling = request.headers.get("HX-Trigger-Name") == "poll" or "poll" in request.GET
        if (not polling and now - seen > 60) or "seen_at" not in request.session:
            request.session["seen_at"] = now
