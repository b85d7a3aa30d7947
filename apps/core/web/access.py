"""The wrapper of every page: sign in first, refusals become pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.web import errors
from apps.core.web.middleware import undo

View = Callable[..., HttpResponseBase]


def person_key(request: HttpRequest) -> int:
    """The signed-in person's key; 0 for nobody, who owns nothing."""
    return request.user.pk or 0


PAGE_METHODS = ("GET", "HEAD", "POST")


def signed_in(view: View) -> View:
    """Send strangers to sign-in; show a refusal as a page and undo what the request wrote."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                return HttpResponse(status=401, headers={"HX-Redirect": f"/account/login/?next={request.path}"})
            return redirect_to_login(request.get_full_path())
        if request.method not in PAGE_METHODS:
            return HttpResponseNotAllowed(PAGE_METHODS)
        try:
            return view(request, *args, **kwargs)
        except Refused as error:
            undo(request)
            return errors.refused(request, error)

    guarded.opens_with = "signed in"  # type: ignore[attr-defined]
    return guarded


def page(row: str, verb: str) -> Callable[[View], View]:
    """Declare what an own page of an app is about: undeclared pages fail the walker."""

    def declare(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if row and not rights_of(request.user).can_somewhere(row, verb):
                return errors.forbidden(request)
            return view(request, *args, **kwargs)

        guarded = signed_in(checked)
        guarded.access = (row, verb)  # type: ignore[attr-defined]
        return guarded

    return declare
