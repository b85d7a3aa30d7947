"""Error pages: what happened, what to do, a reference; the same shape for every status."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.errors import Conflict, NotAllowed, Refused
from apps.core.web.pagemodel import Button, ErrorPage

log = logging.getLogger("ops.errors")
HOME = Button("Go to the start page", "/", "house", "pri")


def error_page(request: HttpRequest, page: ErrorPage) -> HttpResponse:
    return render(request, "pages/error.html", {"page": page}, status=page.code)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    text = "The address is wrong, or the record is outside of what you may see. Search for it instead."
    return error_page(request, ErrorPage(title="Not found", text=text, code=404, buttons=(HOME,), search=True))


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    text = str(exception) if exception and str(exception) else "You have no right to open this page."
    return error_page(request, ErrorPage(title="No access", text=text, code=403, buttons=(HOME,)))


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    text = "The request could not be read. Go back and try again."
    return error_page(request, ErrorPage(title="Not understood", text=text, code=400, buttons=(HOME,)))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    text = "This page was open too long, or cookies are off. Go back, reload the page and send it again."
    return error_page(request, ErrorPage(title="Not sent", text=text, code=403, buttons=(HOME,)))


def server_error(request: HttpRequest) -> HttpResponse:
    reference = getattr(request, "request_id", "") or uuid.uuid4().hex
    text = "Something went wrong on our side and nothing was saved. Give this reference to your admin."
    page = ErrorPage(title="Error", text=text, code=500, reference=reference[:12], buttons=(HOME,))
    return error_page(request, page)


def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """A refusal that has no form to land on."""
    if isinstance(error, NotAllowed):
        return forbidden(request, error)
    code = 409 if isinstance(error, Conflict) else 422
    title = "Changed by somebody else" if code == 409 else "Not possible"
    return error_page(request, ErrorPage(title=title, text=error.message, code=code, buttons=(HOME,)))
