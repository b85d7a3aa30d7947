"""Sensitive verbs ask again who somebody is; the accounts app provides the question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.forms import FileInput, PasswordInput
from django.http import HttpRequest, HttpResponse

from apps.core.actions.action import Action

Asker = Callable[[HttpRequest, str], HttpResponse | None]
Registered = TypeVar("Registered", bound=Asker)
_askers: list[Asker] = []
KEPT = "typed_before_the_question"


def require_fresh_with(asker: Registered) -> Registered:
    """Register the one function (request, address to come back to) -> way to the question, or None when fresh."""
    if _askers:
        raise ValueError("Sensitive verbs already have somebody who asks.")
    _askers.append(asker)
    return asker


def ask_again(request: HttpRequest, action: Action) -> HttpResponse | None:
    """None lets the verb go on. What was typed so far waits in the session, but for secrets and files."""
    asked = _askers[0](request, request.get_full_path()) if action.fresh and _askers else None
    if asked is not None and request.method == "POST":
        typed = {
            name: field.widget.value_from_datadict(request.POST, request.FILES, name)
            for name, field in action.form.base_fields.items()
            if not isinstance(field.widget, PasswordInput | FileInput)
        }
        request.session[KEPT] = {"path": request.path, "typed": typed}
    return asked


def typed_before(request: HttpRequest) -> dict[str, Any]:
    """What the form on this page held when the question came; given back once."""
    found = request.session.get(KEPT)
    if not found or found["path"] != request.path:
        return {}
    del request.session[KEPT]
    return dict(found["typed"])
