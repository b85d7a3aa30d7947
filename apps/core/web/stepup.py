"""Sensitive verbs ask again who somebody is; the accounts app provides the question."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest, HttpResponse

from apps.core.actions.action import Action

Asker = Callable[[HttpRequest, str], HttpResponse | None]
Registered = TypeVar("Registered", bound=Asker)
_askers: list[Asker] = []


def require_fresh_with(asker: Registered) -> Registered:
    """Register the one function (request, address to come back to) -> way to the question, or None when fresh."""
    if _askers:
        raise ValueError("Sensitive verbs already have somebody who asks.")
    _askers.append(asker)
    return asker


def ask_again(request: HttpRequest, action: Action) -> HttpResponse | None:
    """None lets the verb go on."""
    return _askers[0](request, request.get_full_path()) if action.fresh and _askers else None
