"""Where things are: groups in fixed order, filled by resources and by pages that apps register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from apps.core.registry import Registry
from apps.core.resources.resource import resources
from apps.core.web.pagemodel import NavGroup, NavItem
from apps.core.web.waiting import counters

TOP = ""
GROUPS = (TOP, "Operate", "Stock", "Purchasing", "Quality & risk", "Money & results", "People", "Settings")
# Pages of set-up stand on the settings page, not in the side bar.
SETUP = "Setup"


@dataclass(frozen=True)
class NavPage:
    """A page of its own in the side bar."""

    name: str
    label: str
    icon: str
    group: str
    position: int
    allowed: Callable[[Any], bool]
    key: str = ""
    url_name: str = ""

    def url(self) -> str:
        return reverse(self.url_name or self.name)


pages: Registry[NavPage] = Registry("page")


def add_page(page: NavPage) -> NavPage:
    return pages.add(page.name, page)


@dataclass(frozen=True)
class _Place:
    position: int
    item: NavItem


def nav_for(user: Any, path: str) -> tuple[NavGroup, ...]:
    """Only groups with at least one page this person may open; the longest address that fits is the current page."""
    groups = _groups(user, GROUPS)
    fitting = [item.url for group in groups for item in group.items if _here(path, item.url)]
    here = max(fitting, key=len, default="")
    return tuple(
        NavGroup(group.label, tuple(replace(item, current=item.url == here) for item in group.items))
        for group in groups
    )


def setup_for(user: Any) -> tuple[NavItem, ...]:
    """What the settings page offers this person."""
    return tuple(item for group in _groups(user, (SETUP,)) for item in group.items)


def _groups(user: Any, wanted: tuple[str, ...]) -> tuple[NavGroup, ...]:
    places: dict[str, list[_Place]] = {group: [] for group in wanted}
    for page in pages:
        if page.group in places and page.allowed(user):
            url = page.url()
            item = NavItem(page.label, url, page.icon, key=page.key, waits=_counted(page.name))
            places[page.group].append(_Place(page.position, item))
    for resource in resources:
        if resource.nav and resource.nav[0] in places and resource.may(user, "r"):
            group, position = resource.nav
            url = resource.list_url()
            item = NavItem(resource.plural, url, resource.icon, waits=_counted(resource.name))
            places[group].append(_Place(position, item))
    return tuple(
        NavGroup(group, tuple(place.item for place in sorted(found, key=lambda one: one.position)))
        for group, found in places.items()
        if found
    )


def _counted(name: str) -> str:
    return name if name in counters else ""


def _here(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
