"""Password links asked for while outgoing mail is paused: the wish is kept, the link is made when mail may go out."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from allauth.core.context import request_context
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http import HttpRequest

from apps.accounts.events import PasswordMailHeld
from apps.accounts.models import User
from apps.accounts.signinforms import ForgottenPasswordForm
from apps.core.access import scope
from apps.core.events import outbound
from apps.core.events.log import emit
from apps.core.models import Event


def hold(user: User | None, address: str) -> None:
    """No link is stored: it would be old by then, and the log is read by others."""
    if user is None:
        return
    with transaction.atomic(), scope.system("keeping a wish for a password link"):
        emit(PasswordMailHeld(subject=user.subject(), title=str(user), address=address), actor=None)


def send(event: Event) -> None:
    """One mail for all wishes of a person, for the newest."""
    outbound.require_open()
    with transaction.atomic(), scope.system("sending a password link that waited"):
        if Event.objects.filter(name=event.name, subject=event.subject, pk__gt=event.pk).exists():
            return
    form: Any = ForgottenPasswordForm({"email": event.payload["address"]})
    request = _request()
    with request_context(request):
        if form.is_valid():
            form.save(request)


def _request() -> HttpRequest:
    """The library builds links from a request; ours stands at the platform's own address."""
    base = urlsplit(settings.BASE_URL)
    port = base.port or (443 if base.scheme == "https" else 80)
    server = {"SERVER_NAME": base.hostname or "localhost", "SERVER_PORT": str(port), "wsgi.url_scheme": base.scheme}
    return WSGIRequest({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": BytesIO(), **server})
