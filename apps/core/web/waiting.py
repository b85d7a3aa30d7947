"""How much waits behind pages of the side bar: counted late and kept by the browser for a minute, so that no page pays for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.registry import Registry
from apps.core.web.access import page

SECONDS = 60


@dataclass(frozen=True, slots=True)
class Waits:
    """A count beside a page's name; a hot one is red because waiting costs."""

    count: int
    hot: bool = False

    @property
    def text(self) -> str:
        return "" if not self.count else str(self.count) if self.count < 100 else "99+"


counters: Registry[Callable[[Any], Waits]] = Registry("count of what waits")


def count_waiting(place: str, counter: Callable[[Any], Waits]) -> None:
    """`place` is the name of a page or of a noun in the side bar; the counter gets the reader."""
    counters.add(place, counter)


@page("", "r")
def waiting(request: HttpRequest) -> HttpResponse:
    """The counts as pieces that take the places kept for them in the side bar."""
    shown = request.GET.getlist("of")
    found = [(name, counters[name](request.user)) for name in shown if name in counters]
    response = render(request, "panels/waiting.html", {"counts": found})
    response.headers["Cache-Control"] = f"private, max-age={SECONDS}"
    return response
