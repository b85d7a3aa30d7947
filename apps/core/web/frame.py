"""The frame around every page, made once per request for signed-in people."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_bidi, gettext

from apps.core.access import matrix
from apps.core.access.rights import rights_of
from apps.core.events import outbound
from apps.core.models import Delivery
from apps.core.resources.resource import resources
from apps.core.web.around import bell_of
from apps.core.web.navigation import nav_for, pages
from apps.core.web.pagemodel import Frame, Link, NavGroup, NavItem, Person

RANK = ("OPM", "EXE", "DPM", "ADM", "SUP", "QAI", "BUY", "AUD", "OPR")


def main_role(user: Any) -> str:
    """The role a person is mainly known by."""
    held = rights_of(user).roles
    return next((role for role in RANK if role in held), "")


def frame(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"frame": None}
    return {"frame": SimpleLazyObject(lambda: _frame(request, user))}


def _frame(request: HttpRequest, user: Any) -> Frame:
    role = main_role(user)
    nav = nav_for(user, request.path)
    shown = {page.name: page for page in pages if page.allowed(user)}
    bar = [shown[name] for name in ("my_work", "overview", "reports") if name in shown]
    bell = bell_of(user)
    return Frame(
        nav=nav,
        notices_url=bell.url if bell else "",
        notices_count=str(min(bell.count, 99)) if bell and bell.count else "",
        notices_text=gettext("Notices: %(count)d") % {"count": bell.count} if bell and bell.count else "",
        me=Person(str(user), user.title or matrix.ROLES.get(role, "No role yet"), user.initials),
        theme=user.theme,
        density=user.density,
        language=get_language() or "en",
        direction="rtl" if get_language_bidi() else "ltr",
        search_url=reverse("search"),
        waiting_url=_waiting_url(nav),
        me_url=reverse("settings_me"),
        theme_url=reverse("set_theme"),
        sign_out_url=reverse("account_logout"),
        create=_create_links(user),
        phone_bar=(
            *(NavItem(page.label, page.url(), page.icon, request.path == page.url()) for page in bar),
            NavItem("Search", reverse("search"), "search", request.path == reverse("search")),
        ),
        single_keys=user.single_keys,
        warning=_warning(role),
    )


def _waiting_url(nav: tuple[NavGroup, ...]) -> str:
    counted = [("of", item.waits) for group in nav for item in group.items if item.waits]
    return f"{reverse('waiting')}?{urlencode([*counted, ('poll', '1')])}" if counted else ""


def _create_links(user: Any) -> tuple[Link, ...]:
    found = []
    for resource in resources:
        action = resource.action_of_kind("create")
        if resource.nav and action is not None and resource.may(user, action.verb):
            found.append(Link(resource.label, reverse("create", args=[resource.path]), resource.icon))
    return tuple(found)


def _warning(role: str) -> str:
    """Admins see parked work wherever they are."""
    if role != "ADM":
        return ""
    if outbound.paused():
        return "This platform was restored from a backup. Outgoing mail waits. Open Settings, Event deliveries."
    parked = Delivery.objects.filter(parked_at__isnull=False).count()
    return f"{parked} effects are parked after failing. Open Settings, Event deliveries." if parked else ""
