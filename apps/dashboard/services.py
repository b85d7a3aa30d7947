"""The only writers of dashboards; everybody writes their own."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core.access.rights import rights_of
from apps.core.errors import NotAllowed, Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.core.web.homecards import cards
from apps.dashboard import events
from apps.dashboard.models import Dashboard
from apps.org.models import Department

MOST_CARDS = 24
SIZES = ("half", "full")


def make_dashboard(
    *, title: str, cards: list[dict[str, str]], actor: Any, shared: bool = False, shared_with: Any = ()
) -> Dashboard:
    """A dashboard of one's own."""
    made = Dashboard(
        title=title.strip(),
        owner_id=actor.pk,
        cards=checked(cards, actor),
        shared=shared,
        shared_with=known_departments(shared_with),
    )
    if not made.title:
        raise Refused("Give the dashboard a name.", code="title_missing", field="title")
    return write.create(made, actor=actor, fact=events.DashboardMade)


def change_dashboard(one: Dashboard, *, actor: Any, version: int | None = None, **values: Any) -> Dashboard:
    """Only its owner arranges, renames or shares it."""
    _own(one, actor)
    if "cards" in values:
        values["cards"] = checked(values["cards"], actor)
    if "shared_with" in values:
        values["shared_with"] = known_departments(values["shared_with"])
    if "title" in values and not values["title"].strip():
        raise Refused("Give the dashboard a name.", code="title_missing", field="title")
    return write.change(one, values, actor=actor, fact=events.DashboardChanged, version=version)


def make_home(one: Dashboard, *, actor: Any, home: bool = True) -> Dashboard:
    """The page this person starts on; the former one is so no longer."""
    _own(one, actor)
    with transaction.atomic():
        Dashboard.objects.filter(owner_id=actor.pk, is_home=True).exclude(pk=one.pk).update(is_home=False)
        return write.change(one, {"is_home": home}, actor=actor, fact=events.DashboardChanged)


def remove_dashboard(one: Dashboard, *, actor: Any) -> None:
    """Gone for its owner and everybody it was shared with; it holds no data of its own."""
    _own(one, actor)
    with transaction.atomic():
        emit(events.DashboardRemoved(subject=one.subject()), actor=actor)
        Dashboard.objects.filter(pk=one.pk).delete()


def copy_dashboard(one: Dashboard, *, actor: Any) -> Dashboard:
    """A shared dashboard as one's own, to arrange further."""
    title, number = f"{one.title} (copy)", 2
    while Dashboard.objects.filter(owner_id=actor.pk, title=title[:60]).exists():
        title, number = f"{one.title} (copy {number})", number + 1
    known = [entry for entry in one.cards if entry["card"] in cards]
    return make_dashboard(title=title[:60], cards=known, actor=actor)


def _own(one: Dashboard, actor: Any) -> None:
    if one.owner_id != rights_of(actor).user_id:
        raise NotAllowed("This dashboard is somebody else's. Copy it and arrange your copy.")


def known_departments(keys: Any) -> list[int]:
    """Departments to share with, each once; one that is not there is refused."""
    if not isinstance(keys, list | tuple) or any(type(one) is not int for one in keys):
        raise Refused("Send the keys of departments as a list.", code="bad_body", field="shared_with")
    wanted = sorted(set(keys))
    found = set(Department.objects.filter(pk__in=wanted, archived_at__isnull=True).values_list("pk", flat=True))
    unknown = [one for one in wanted if one not in found]
    if unknown:
        raise Refused(f"There is no department {unknown[0]}.", code="unknown_department", field="shared_with")
    return wanted


def checked(entries: Any, actor: Any) -> list[dict[str, str]]:
    """Cards that exist and that this person may see, each with a parameter it knows."""
    if not isinstance(entries, list) or len(entries) > MOST_CARDS:
        raise Refused(f"A dashboard holds up to {MOST_CARDS} cards.", code="too_many", field="cards")
    made = []
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("card"), str):
            raise Refused("A card has a name, a parameter and a size.", code="bad_card", field="cards")
        card = cards.get(entry["card"])
        if card is None or (card.row and not rights_of(actor).can_somewhere(card.row, "r")):
            raise Refused(f"There is no card “{entry['card'][:40]}” for you.", code="unknown_card", field="cards")
        param, size = str(entry.get("param", "")), entry.get("size", "half")
        if card.choices is not None and param not in dict(card.choices(actor)):
            raise Refused(f"Choose a {card.wants} for “{card.title}”.", code="bad_param", field="cards")
        if size not in SIZES:
            raise Refused("A card is half or full.", code="bad_size", field="cards")
        made.append({"card": card.name, "param": param if card.choices else "", "size": size})
    return made
