"""Sessions end twelve hours after sign-in whatever happens in them; sign-up pages do not exist; refusals are recorded."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation

from apps.accounts import services
from apps.core.web.identify import client_address

# Admins add people and keep their addresses, so the library's pages for this are closed.
CLOSED = frozenset(
    {"account_signup", "account_email", "account_email_verification_sent", "account_confirm_email",
     "account_confirm_login_code", "socialaccount_signup"}
)  # fmt: skip


class SessionLife:
    """Stands right after Django's AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = request.session.get("signed_in_at")
        if "_auth_user_id" in request.session and time.time() - (started or 0) > settings.SESSION_COOKIE_AGE:
            logout(request)
        elif "_auth_user_id" in request.session and (language := getattr(request.user, "language", "")):
            translation.activate(language)
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        response = self.get_response(request)
        if response.status_code == 403 and request.user.is_authenticated:
            services.record_security_event(
                "denied",
                user=request.user,
                login=request.user.username,
                address=client_address(request, settings.PROXY_COUNT),
                agent=request.headers.get("User-Agent", ""),
                method=request.method,
                path=request.path,
            )
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.resolver_match is not None and request.resolver_match.view_name in CLOSED:
            raise Http404
