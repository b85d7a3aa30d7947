"""Turns what the sign-in library tells into security records; the library speaks by signals, our own code does not."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.conf import settings
from django.contrib.auth import signals as auth
from django.http import HttpRequest

from apps.accounts import lockout, services
from apps.core.web.identify import client_address


def _record(kind: str, request: HttpRequest | None, user: Any = None, login: str = "", **details: Any) -> None:
    services.record_security_event(
        kind,
        user=user,
        login=login or (user.username if user else ""),
        address=client_address(request, settings.PROXY_COUNT) if request else None,
        agent=request.headers.get("User-Agent", "") if request else "",
        **details,
    )


def signed_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    request.session["signed_in_at"] = int(time.time())
    _record("signed_in", request, user)


def signed_out(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if user is not None:
        _record("signed_out", request, user)


def sign_in_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    _record("sign_in_failed", request, login=str(credentials.get("username") or credentials.get("email") or ""))


def password_changed(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    services.end_sessions(user, except_key=request.session.session_key)
    lockout.forget(user)
    _record("password_changed", request, user)


def factor_added(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    _record("factor_added", request, user, factor=authenticator.type)


def factor_removed(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    _record("factor_removed", request, user, factor=authenticator.type)


def factor_failed(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    _record("factor_failed", request, user, factor=authenticator.type)


auth.user_logged_in.connect(signed_in, dispatch_uid="accounts.signed_in")
auth.user_logged_out.connect(signed_out, dispatch_uid="accounts.signed_out")
auth.user_login_failed.connect(sign_in_failed, dispatch_uid="accounts.sign_in_failed")
for _signal in (account.password_changed, account.password_set, account.password_reset):
    _signal.connect(password_changed, dispatch_uid="accounts.password_changed")
mfa.authenticator_added.connect(factor_added, dispatch_uid="accounts.factor_added")
mfa.authenticator_removed.connect(factor_removed, dispatch_uid="accounts.factor_removed")
mfa.authentication_failed.connect(factor_failed, dispatch_uid="accounts.factor_failed")
