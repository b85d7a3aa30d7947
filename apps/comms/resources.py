"""Announcements and the shift log at both doors."""

from __future__ import annotations

from typing import Any

from apps.comms import events, forms, resources_boards, resources_escalation, services
from apps.comms import panels_floor as panels
from apps.comms.models import Announcement, ShiftEntry, ShiftTakeover
from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register

__all__ = ["resources_boards", "resources_escalation"]


@register
class AnnouncementResource(Resource):
    model = Announcement
    path = "announcements"
    label, plural, icon = "Announcement", "Announcements", "megaphone"
    nav = ("People", 40)
    help = "Words to the people of a department and below, from a day on; what must be confirmed is counted per person."
    columns = (
        Column("title", "Title", sort="title"),
        Column("state", "State", "status", value=panels.announcement_state),
        Column("department", "Department", sort="department__code"),
        Column("site", "Site"),
        Column("role", "Only for", value=lambda one: one.get_role_display()),
        Column("starts_on", "From", "date", sort="starts_on"),
        Column("ends_on", "Until", "date", sort="ends_on"),
        Column("must_read", "Must be confirmed"),
        Column("author", "By"),
    )
    filters = ("department", "site", "role", "must_read", "starts_on")
    search = ("title", "text")
    fields = (*forms.ANNOUNCEMENT_FIELDS, "author", "announced_at")
    changed_fact = events.AnnouncementChanged
    panels = (Panel("words", panels.words_panel), Panel("receipts", panels.receipts_panel))
    actions = (
        Action(
            name="announce",
            label="New announcement",
            verb="c",
            kind="create",
            run=services.announce,
            form=forms.AnnouncementForm,
            icon="plus",
        ),
        Action(
            name="confirm",
            label="I have read this",
            verb="r",
            run=services.confirm_announcement,
            icon="check-check",
            when=lambda one: one.archived_at is None and one.must_read,
            primary=True,
            done="Confirmed",
            automation=False,
        ),
        *shelf(
            "Announcement",
            services.withdraw_announcement,
            services.restore_announcement,
            verb="x",
            label="Withdraw",
            confirm="Nobody sees it any more. Confirmations stay.",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.announcement_state(record)


@register
class ShiftEntryResource(Resource):
    model = ShiftEntry
    path = "shift-entries"
    label, plural, icon = "Shift log entry", "Shift log entries", "notebook-pen"
    help = "What a shift leaves to the next. Open points go on until somebody closes them."
    columns = (
        Column("day", "Day", "date", sort="day"),
        Column("shift", "Shift", value=lambda one: one.get_shift_display(), sort="shift"),
        Column("topic", "Topic", value=lambda one: one.get_topic_display(), sort="topic"),
        Column("text", "What"),
        Column("state", "State", "status", value=panels.entry_state),
        Column("department", "Department", sort="department__code"),
        Column("author", "By"),
    )
    filters = ("department", "shift", "topic", "open", "day")
    search = ("text", "outcome")
    fields = (*forms.ENTRY_FIELDS, "author", "closed_at", "closed_by", "outcome")
    changed_fact = events.ShiftEntryChanged
    tabs = (Tab("open", "Open", "open=true"),)
    actions = (
        Action(
            name="write",
            label="New entry",
            verb="c",
            kind="create",
            run=services.write_entry,
            form=forms.EntryForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Correct",
            verb="c",
            kind="change",
            run=services.correct_entry,
            form=forms.CorrectEntryForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="close",
            label="Close point",
            verb="c",
            run=services.close_entry,
            form=forms.CloseForm,
            icon="circle-check",
            when=lambda one: one.archived_at is None and one.open,
            primary=True,
            done="Point closed",
        ),
        *shelf("Entry", services.archive_entry, services.restore_entry, verb="x"),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.entry_state(record)


@register
class ShiftTakeoverResource(Resource):
    model = ShiftTakeover
    path = "shift-takeovers"
    label, plural, icon = "Shift takeover", "Shift takeovers", "handshake"
    help = "Who took which shift over, and how many points were open then."
    columns = (
        Column("day", "Day", "date", sort="day"),
        Column("shift", "Shift", value=lambda one: one.get_shift_display()),
        Column("department", "Department", sort="department__code"),
        Column("taken_by", "Taken over by"),
        Column("open_points", "Open points", "number"),
        Column("note", "Note"),
    )
    filters = ("department", "shift", "day")
    search = ("note",)
    fields = (*forms.TAKEOVER_FIELDS, "taken_by", "open_points")
    actions = (
        Action(
            name="take",
            label="Take over shift",
            verb="c",
            kind="create",
            run=services.take_over,
            form=forms.TakeoverForm,
            icon="handshake",
        ),
    )
