"""Parts of the pages of announcements and of the shift log."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.comms.audience import audience_of, today_at
from apps.comms.models import Announcement, Receipt, ShiftEntry
from apps.core.access.rights import rights_of
from apps.core.web import cells
from apps.core.web import pagemodel as pm

SHOWN = 100


def announcement_state(one: Announcement) -> tuple[pm.Tone, str]:
    if one.archived_at is not None:
        return "idle", "Withdrawn"
    today = today_at(one, timezone.now())
    if one.ends_on is not None and one.ends_on < today:
        return "idle", "Expired"
    return ("info", "Planned") if one.starts_on > today else ("good", "Showing")


def entry_state(one: ShiftEntry) -> tuple[pm.Tone, str]:
    if one.archived_at is not None:
        return "idle", "Put away"
    if one.open:
        return "warn", "Open"
    return ("good", "Closed") if one.closed_at else ("idle", "Noted")


def words_panel(one: Announcement, user: Any) -> pm.Section:
    return pm.Section("What it says", text=one.text)


def receipts_panel(one: Announcement, user: Any) -> pm.Section | None:
    """Who has confirmed and who has not, where a confirmation is asked; by name for its author and who may withdraw it."""
    if not one.must_read:
        return None
    times = dict(Receipt.objects.filter(announcement=one).values_list("person_id", "read_at"))
    people = list(audience_of(one)[: SHOWN * 10])
    done = sum(1 for person in people if person.pk in times)
    zone = cells.zone_of(user)
    if one.author_id != user.pk and not rights_of(user).covers("announcement", "x", one):
        return pm.Section("Confirmations", text=f"{done} of {len(people)} have confirmed.")
    ordered = sorted(people, key=lambda person: person.pk in times)[:SHOWN]
    rows = tuple(
        pm.Row(
            str(person.pk),
            cells=(
                pm.Cell(str(person)),
                pm.Cell("Confirmed", "status", tone="good")
                if person.pk in times
                else pm.Cell("Not yet", "status", tone="warn"),
                cells.plain_cell(times.get(person.pk), zone),
            ),
        )
        for person in ordered
    )
    columns = (pm.Column("who", "Person", wide=True), pm.Column("state", "State"), pm.Column("at", "When"))
    table = pm.Table(columns, rows, "Confirmations", "Nobody belongs to this audience.")
    return pm.Section("Confirmations", note=f"{done} of {len(people)}", table=table)
