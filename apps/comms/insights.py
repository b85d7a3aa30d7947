"""What comms shows elsewhere: the slots around records, the bell, announcements and open points of the shift log."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone

from apps.comms import events, panels
from apps.comms.audience import showing_to
from apps.comms.models import Announcement
from apps.core.models import Event
from apps.core.notices import Concern, concern
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Card, Contribution, View, contribute, offer_card

__all__ = ["panels"]


def _all(event: Event) -> Iterable[int]:
    return [] if event.payload["must_read"] else event.payload["people"]


def _who_must(event: Event) -> Iterable[int]:
    return event.payload["people"] if event.payload["must_read"] else []


concern(
    Concern(
        fact=events.AnnouncementShown.fact_name, people=_all, reason="it is meant for you", kind="news", level="know"
    )
)
concern(
    Concern(
        fact=events.AnnouncementShown.fact_name,
        people=_who_must,
        reason="your confirmation is asked",
        kind="waiting",
    )
)
concern(
    Concern(
        fact=events.AnnouncementReminded.fact_name,
        people=lambda event: event.payload["people"],
        reason="your confirmation is missing",
        kind="waiting",
    )
)


concern(
    Concern(
        fact=events.IssuePassed.fact_name,
        people=lambda event: event.payload["people"],
        reason="an issue of your board or of yours was passed",
        kind="waiting",
    )
)


concern(
    Concern(
        fact=events.EscalationReached.fact_name,
        people=lambda event: event.payload["people"],
        reason="it waits too long and you are next",
        kind="waiting",
    )
)


def _showing(view: View) -> list[Announcement]:
    """Read once per page."""
    known: list[Announcement] | None = view.user.__dict__.get("_announcements")
    if known is None:
        known = view.user.__dict__["_announcements"] = showing_to(view.user, timezone.now())
    return known


def needs(view: View) -> list[pm.NeedsRow]:
    """Announcements to confirm."""
    return [
        pm.NeedsRow(
            title=one.title,
            url=reverse("record", args=["announcements", one.pk]),
            why=f"{one.author or 'The company'} asks you to confirm that you read this",
            icon="megaphone",
            tone="info",
            buttons=(
                pm.Button("I have read this", reverse("act", args=["announcements", one.pk, "confirm"]), method="post"),
            ),
            key=one.subject(),
            due_on=one.ends_on,
        )
        for one in _showing(view)
        if one.must_read
    ]


def _section(found: list[Announcement]) -> pm.Section:
    links = tuple(
        pm.Connection(one.title, reverse("record", args=["announcements", one.pk]), "megaphone", str(one.author or ""))
        for one in found
    )
    return pm.Section("Announcements", links=links, text="" if links else "Nothing new for you.")


def rail(view: View) -> list[pm.Section]:
    found = [one for one in _showing(view) if not one.must_read][:5]
    return [_section(found)] if found else []


contribute(Contribution("comms", "Announcements", 50, needs=needs, rail=rail))
offer_card(
    Card(
        "comms.announcements",
        "Announcements",
        lambda view, _: _section(_showing(view)[:8]),
        "What is announced to you",
        row="announcement",
    )
)
