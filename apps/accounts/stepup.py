"""Asks for the password or second factor again before sensitive acts, unless it was given within five minutes."""

from __future__ import annotations

import time
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.core.web.stepup import require_fresh_with


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved who they are within the last five minutes, in this session."""
    given = [record.get("at", 0) for record in get_authentication_records(request, request.user)]  # type: ignore[arg-type]
    given.append(request.session.get("signed_in_at", 0))
    return bool(time.time() - max(given) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


@require_fresh_with
def fresh(request: HttpRequest, next_url: str = "") -> HttpResponse | None:
    """None when fresh; otherwise the way to the page that asks, which comes back to `next_url` or here."""
    if is_fresh(request):
        return None
    methods = get_adapter(request).get_reauthentication_methods(request.user)  # type: ignore[arg-type]
    page = methods[0]["url"] if methods else reverse("openid_connect_login", args=["sso"])
    url = f"{page}?{urlencode({'next': next_url or request.path})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
