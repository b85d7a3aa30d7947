"""Home pages: each role lands where its work is; the overview is made of registered parts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page, person_key
from apps.core.web.frame import main_role
from apps.core.web.homecards import Contribution, View, by_cost_of_waiting, contributions
from apps.core.web.middleware import undo
from apps.core.web.navigation import TOP, NavPage, add_page, pages
from apps.dashboard.models import Dashboard

log = logging.getLogger("ops.dashboard")
GRAINS = (("day", "Day"), ("week", "Week"), ("month", "Month"))
LANDS_ON = {"EXE": "reports", "OPR": "my_work", "QAI": "my_work", "ADM": "settings_me", "AUD": "audit"}

add_page(
    NavPage(
        "overview",
        "Overview",
        "layout-dashboard",
        TOP,
        2,
        lambda user: rights_of(user).can_somewhere("kpi", "r"),
        key="o",
    )
)


@page("", "r")
def home(request: HttpRequest) -> HttpResponse:
    """Where this person's day begins: the dashboard they chose, else the page of their role."""
    own = Dashboard.objects.filter(owner_id=person_key(request), is_home=True).values_list("pk", flat=True).first()
    if own is not None:
        return HttpResponseRedirect(reverse("dashboard", args=[own]))
    name = LANDS_ON.get(main_role(request.user), "overview")
    target = pages.get(name)
    if target is None or not target.allowed(request.user):
        target = pages["my_work"]
    return HttpResponseRedirect(target.url())


@page("kpi", "r")
def overview(request: HttpRequest) -> HttpResponse:
    grain = request.GET.get("period", "week")
    view = View(request.user, grain if grain in dict(GRAINS) else "week", request.GET.get("site", ""))
    parts = sorted(contributions, key=lambda one: one.position)
    needs = by_cost_of_waiting(_gather(request, parts, view, "needs"))
    exceptions = _gather(request, parts, view, "exceptions")
    today = timezone.now().astimezone(cells.zone_of(request.user))
    facts = [f"Week {today.isocalendar().week}", f"{today:%A} {today.day} {today:%b %Y}", *_gather_facts(parts, view)]
    shown = pm.OverviewPage(
        title="Operations overview",
        crumbs=(pm.Crumb("Overview"),),
        facts=" · ".join(facts),
        periods=tuple(pm.Link(label, f"?period={name}", current=name == view.grain) for name, label in GRAINS),
        buttons=_report_button(request.user),
        tiles=tuple(_gather(request, parts, view, "tiles"))[:6],
        needs=tuple(needs[:8]),
        needs_note=f"{len(needs)} items, sorted by cost of waiting" if needs else "",
        needs_url=reverse("my_work"),
        exceptions=pm.Table(
            EXCEPTION_COLUMNS, tuple(exceptions[:12]), "Exceptions", "All measures ran inside their limits."
        ),
        exceptions_note="all other measures ran inside their limits" if exceptions else "",
        rail=tuple(_gather(request, parts, view, "rail")),
    )
    return render(request, "pages/overview.html", {"page": shown})


EXCEPTION_COLUMNS = (
    pm.Column("status", "Status"),
    pm.Column("what", "What", wide=True),
    pm.Column("signal", "Signal"),
    pm.Column("impact", "Impact"),
    pm.Column("owner", "Owner"),
    pm.Column("linked", "Open"),
)


def _gather(request: HttpRequest, parts: list[Contribution], view: View, name: str) -> list[Any]:
    """Every app's part; one that fails is left out of its place and named in the log, the page lives."""
    found: list[Any] = []
    for part in parts:
        make: Callable[[View], list[Any]] | None = getattr(part, name)
        if make is None:
            continue
        try:
            found += make(view)
        except Exception:
            log.exception("The %s of %s could not be made", name, part.name)
            undo(request)  # a statement that failed would fail all later ones
            if name == "rail":
                found.append(
                    pm.Section(part.title, error="This part could not be made.", retry_url=reverse("overview"))
                )
    return found


def _gather_facts(parts: list[Contribution], view: View) -> list[str]:
    return [text for part in parts if part.facts and (text := part.facts(view))]


def _report_button(user: Any) -> tuple[pm.Button, ...]:
    target = pages.get("reports")
    if target is None or not target.allowed(user):
        return ()
    return (pm.Button("Weekly report", target.url(), "file-chart-column"),)
