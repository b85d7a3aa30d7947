"""Dashboards of one's own: the page, its arrangement, sharing; each card may fail alone and is refreshed by itself."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.errors import NotAllowed, Refused
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.finders import Finder, add_finder
from apps.core.web.frame import main_role
from apps.core.web.homecards import View, cards
from apps.core.web.middleware import undo
from apps.core.web.navigation import TOP, NavPage, add_page
from apps.dashboard import services
from apps.dashboard.models import Dashboard
from apps.org.models import Department

log = logging.getLogger("ops.dashboard")
GRAINS = (("day", "Day"), ("week", "Week"), ("month", "Month"))

add_page(NavPage("dashboards", "Dashboards", "panels-top-left", TOP, 4, lambda user: True))


def _search(user: Any, words: str) -> list[pm.Connection]:
    found = Dashboard.objects.visible_to(user).filter(title__icontains=words).order_by("title", "pk")[:8]
    return [pm.Connection(one.title, reverse("dashboard", args=[one.pk]), "panels-top-left") for one in found]


add_finder(Finder("dashboards", "Dashboards", _search))


def _find(request: HttpRequest, key: int) -> Dashboard:
    found = Dashboard.objects.visible_to(request.user).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


@page("", "r")
def dashboards(request: HttpRequest) -> HttpResponse:
    """One's own and shared dashboards."""
    rows = [
        pm.Row(
            str(one.pk),
            reverse("dashboard", args=[one.pk]),
            (
                pm.Cell(one.title, "link", url=reverse("dashboard", args=[one.pk])),
                pm.Cell("Mine" if one.owner_id == request.user.pk else "Shared with me"),
                pm.Cell("Home" if one.is_home and one.owner_id == request.user.pk else ""),
                pm.Cell(str(len(one.cards)), "number"),
            ),
        )
        for one in Dashboard.objects.visible_to(request.user).order_by("title", "pk")[:200]
    ]
    columns = (
        pm.Column("title", "Dashboard", wide=True),
        pm.Column("whose", "Whose"),
        pm.Column("home", "Start page"),
        pm.Column("cards", "Cards", align="end"),
    )
    empty = "No dashboard yet. Make one from cards; it starts with those of your role."
    shown = pm.SettingsPage(
        title="Dashboards",
        crumbs=(pm.Crumb("Dashboards"),),
        sections=(
            pm.Section(
                "Dashboards",
                table=pm.Table(columns, tuple(rows), "Dashboards", empty),
                button=pm.Button("New dashboard", reverse("dashboard_new"), "plus"),
            ),
        ),
    )
    return render(request, "pages/settings.html", {"page": shown})


@page("", "r")
def dashboard_new(request: HttpRequest) -> HttpResponse:
    """A first arrangement: the cards of one's role, to be changed."""
    error = ""
    title = request.POST.get("title", "My dashboard")
    if request.method == "POST":
        try:
            made = services.make_dashboard(title=title, cards=_of_role(request.user), actor=request.user)
        except Refused as refused:
            undo(request)
            error = refused.message
        else:
            return HttpResponseRedirect(reverse("dashboard_arrange", args=[made.pk]))
    context = {"page": _settings("New dashboard"), "title": title, "error": error}
    return render(request, "dashboard/new.html", context, status=422 if error else 200)


def _settings(title: str, one: Dashboard | None = None) -> pm.SettingsPage:
    crumbs = [pm.Crumb("Dashboards", reverse("dashboards"))]
    if one is not None:
        crumbs.append(pm.Crumb(one.title, reverse("dashboard", args=[one.pk])))
    return pm.SettingsPage(title=title, crumbs=(*crumbs, pm.Crumb(title)))


def _of_role(user: Any) -> list[dict[str, str]]:
    """Cards registered for the person's main role; those that need a choice are added by hand."""
    role = main_role(user)
    found = [card for card in cards if role in card.roles and card.choices is None and _allowed(user, card.row)]
    return [
        {"card": card.name, "param": "", "size": "full" if index == 0 else "half"} for index, card in enumerate(found)
    ]


def _allowed(user: Any, row: str) -> bool:
    return not row or rights_of(user).can_somewhere(row, "r")


@page("", "r")
def dashboard(request: HttpRequest, key: int) -> HttpResponse:
    one = _find(request, key)
    grain = request.GET.get("period", "week")
    view = View(request.user, grain if grain in dict(GRAINS) else "week")
    sections = [(entry, _section(request, entry, view)) for entry in one.cards]
    now = timezone.now()
    context = {
        "sections": [{"section": section, "size": entry["size"]} for entry, section in sections],
        "refresh_url": f"{request.path}?period={view.grain}&part=cards",
        "as_of": cells.when(now, cells.zone_of(request.user))[0],
    }
    if request.GET.get("part") == "cards":
        return render(request, "dashboard/cards.html", context)
    mine = one.owner_id == request.user.pk
    buttons = [pm.Button("Copy", reverse("dashboard_copy", args=[one.pk]), "copy", method="post")]
    if mine:
        buttons = [pm.Button("Arrange", reverse("dashboard_arrange", args=[one.pk]), "layout-grid")]
    shown = pm.OverviewPage(
        title=one.title,
        crumbs=(pm.Crumb("Dashboards", reverse("dashboards")), pm.Crumb(one.title)),
        facts="Shown in your own view, refreshed every minute.",
        periods=tuple(pm.Link(label, f"?period={name}", current=name == view.grain) for name, label in GRAINS),
        buttons=tuple(buttons),
    )
    return render(request, "dashboard/dashboard.html", {"page": shown, **context})


def _section(request: HttpRequest, entry: dict[str, str], view: View) -> pm.Section:
    card = cards.get(entry["card"])
    if card is None or not _allowed(view.user, card.row):
        return pm.Section(card.title if card else entry["card"], text="You may not see what this card shows.")
    try:
        return card.make(view, entry["param"])
    except Exception:
        log.exception("The card %s could not be made", card.name)
        undo(request)  # a statement that failed would fail all later ones
        return pm.Section(card.title, error="This part could not be made.")


@page("", "r")
def dashboard_arrange(request: HttpRequest, key: int) -> HttpResponse:
    """Order, size, cards, name, sharing: one form that works without scripts."""
    one = _find(request, key)
    if one.owner_id != request.user.pk:
        raise NotAllowed("This dashboard is somebody else's. Copy it and arrange your copy.")
    error = ""
    if request.method == "POST":
        try:
            _arrange(request, one)
        except Refused as refused:
            undo(request)
            error = refused.message
        else:
            return HttpResponseRedirect(reverse("dashboard_arrange", args=[one.pk]))
    offered = [
        {"card": card, "choices": card.choices(request.user) if card.choices else []}
        for card in cards
        if _allowed(request.user, card.row)
    ]
    context = {
        "page": _settings("Arrange", one),
        "dashboard": one,
        "entries": [{**entry, "title": _title(entry, request.user)} for entry in one.cards],
        "offered": offered,
        "departments": Department.objects.filter(archived_at__isnull=True).order_by("code")[:500],
        "error": error,
    }
    return render(request, "dashboard/arrange.html", context, status=422 if error else 200)


def _title(entry: dict[str, str], user: Any) -> str:
    card = cards.get(entry["card"])
    if card is None:
        return entry["card"]
    label = dict(card.choices(user)).get(entry["param"], entry["param"]) if card.choices else ""
    return f"{card.title}: {label}" if label else card.title


def _arrange(request: HttpRequest, one: Dashboard) -> None:
    entries, do = list(one.cards), request.POST.get("do", "")
    verb, _, place = do.partition(":")
    at = int(place) if place.isdigit() and int(place) < len(entries) else -1
    values: dict[str, Any] = {}
    if verb == "add":
        name, _, param = request.POST.get("card", "").partition(":")
        entries.append({"card": name, "param": param, "size": "half"})
    elif verb == "up" and at > 0:
        entries[at - 1], entries[at] = entries[at], entries[at - 1]
    elif verb == "down" and -1 < at < len(entries) - 1:
        entries[at + 1], entries[at] = entries[at], entries[at + 1]
    elif verb == "size" and at >= 0:
        entries[at] = {**entries[at], "size": "full" if entries[at]["size"] == "half" else "half"}
    elif verb == "remove" and at >= 0:
        entries.pop(at)
    elif verb == "save":
        teams = [int(one) for one in request.POST.getlist("shared_with") if one.isascii() and one.isdigit()]
        values = {
            "title": request.POST.get("title", ""),
            "shared": "shared" in request.POST,
            "shared_with": [one for one in teams if one < 2**63],
        }
    services.change_dashboard(one, actor=request.user, cards=entries, **values)
    if verb == "save":
        one.refresh_from_db()
        services.make_home(one, actor=request.user, home="is_home" in request.POST)


@page("", "r")
def dashboard_copy(request: HttpRequest, key: int) -> HttpResponse:
    """A shared dashboard as one's own."""
    one = _find(request, key)
    if request.method != "POST":
        raise Http404
    made = services.copy_dashboard(one, actor=request.user)
    return HttpResponseRedirect(reverse("dashboard_arrange", args=[made.pk]))


@page("", "r")
def dashboard_remove(request: HttpRequest, key: int) -> HttpResponse:
    """One's own dashboard goes."""
    one = _find(request, key)
    if request.method != "POST":
        raise Http404
    services.remove_dashboard(one, actor=request.user)
    return HttpResponseRedirect(reverse("dashboards"))
