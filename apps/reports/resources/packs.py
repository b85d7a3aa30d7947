"""Report packs, recipients, promises and deliveries at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, register
from apps.reports import events, forms, services
from apps.reports.models import Dispatch, Pack, Promise, Recipient
from apps.reports.resources.runs import DISPATCH_TONES, PROMISE_TONES, people_panel, promises_panel, runs_panel


@register
class PackResource(Resource):
    model = Pack
    path = "report-packs"
    label, plural, icon = "Report pack", "Report packs", "files"
    nav = ("Setup", 40)
    help = "Reports made again and again: which sections in which order, when, who signs, who gets them."
    columns = (
        Column("code", "Code", sort="code"),
        Column("title", "Pack", sort="title"),
        Column("cadence", "Covers", value=lambda one: one.get_cadence_display()),
        Column("department", "Department"),
        Column("owner", "Owner"),
        Column("needs_sign_off", "Signed", value=lambda one: "Yes" if one.needs_sign_off else "No"),
        Column("next_at", "Next run", "date", sort="next_at"),
    )
    filters = ("cadence", "department", "owner")
    search = ("code", "title")
    fields = (*forms.PACK_FIELDS, "next_at")
    import_key = ("code",)
    changed_fact = events.PackChanged
    panels = (Panel("runs", runs_panel), Panel("people", people_panel), Panel("promises", promises_panel))
    actions = (
        Action(
            name="set",
            label="New report pack",
            verb="c",
            kind="create",
            run=services.set_pack,
            form=forms.PackForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_pack,
            form=forms.PackForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="run",
            label="Make it now",
            verb="c",
            run=services.request_pack_run,
            form=forms.RunPackForm,
            icon="file-plus",
            primary=True,
            when=in_use,
            done="Report is being made",
        ),
        *shelf("Pack", services.archive_pack, services.restore_pack),
    )


@register
class RecipientResource(Resource):
    model = Recipient
    path = "report-recipients"
    label, plural, icon = "Report recipient", "Report recipients", "user-plus"
    help = "Who gets a pack. Everybody gets a copy made in their own view; everybody may leave by themselves."
    columns = (
        Column("name", "Recipient", value=lambda one: str(one.person)),
        Column("person", "Person"),
        Column("pack", "Pack"),
        Column("channel", "Channel", value=lambda one: one.get_channel_display()),
        Column("left_at", "Left", "date"),
    )
    filters = ("pack", "person", "channel")
    search = ("person__username",)
    fields = ("pack", "person", "channel", "left_at")
    import_key = ("pack", "person")
    changed_fact = events.RecipientChanged
    actions = (
        Action(
            name="add",
            label="Add recipient",
            verb="c",
            kind="create",
            run=services.add_recipient,
            form=forms.RecipientForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_recipient,
            form=forms.ChangeRecipientForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Recipient", services.remove_recipient, services.restore_recipient, label="Remove"),
    )


@register
class PromiseResource(Resource):
    model = Promise
    path = "report-promises"
    label, plural, icon = "Promise", "Promises", "handshake"
    help = "What a report promised. The next one prints it with its result."
    columns = (
        Column("action", "Action", sort="action"),
        Column("state", "State", "status", value=lambda one: (PROMISE_TONES[one.state], one.get_state_display())),
        Column("pack", "Pack"),
        Column("period_key", "Promised in", sort="period_key"),
        Column("owner", "Owner"),
        Column("due_on", "Due", "date", sort="due_on"),
        Column("result", "Result"),
    )
    filters = ("pack", "state", "owner", "due_on")
    search = ("action", "result")
    fields = ("pack", "period_key", "action", "owner", "due_on", "state", "result")
    import_key = ("pack", "period_key", "action")
    changed_fact = events.PromiseChanged
    actions = (
        Action(
            name="make",
            label="New promise",
            verb="c",
            kind="create",
            run=services.make_promise,
            form=forms.PromiseForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_promise,
            form=forms.ChangePromiseForm,
            icon="pencil",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return PROMISE_TONES[record.state], record.get_state_display()


@register
class DispatchResource(Resource):
    model = Dispatch
    path = "report-dispatches"
    label, plural, icon = "Report delivery", "Report deliveries", "send"
    help = "Every delivery of an issued report, with its attempts and what the mail server said."
    columns = (
        Column("id", "No.", sort="id"),
        Column("name", "Delivery", value=lambda one: f"To {one.person}"),
        Column("person", "Person"),
        Column("state", "State", "status", value=lambda one: (DISPATCH_TONES[one.state], one.get_state_display())),
        Column("run", "Report"),
        Column("channel", "Channel", value=lambda one: one.get_channel_display()),
        Column("attempts", "Attempts", "number"),
        Column("sent_at", "Sent", "date", sort="sent_at"),
        Column("opened_at", "Opened", "date"),
        Column("problem", "Problem"),
    )
    filters = ("state", "person", "channel", "sent_at")
    search = ("address", "problem")
    fields = (
        "run",
        "recipient",
        "person",
        "channel",
        "address",
        "state",
        "attempts",
        "problem",
        "sent_at",
        "link_until",
        "opened_at",
    )
    changed_fact = events.DispatchChanged

    def number(self, record: Any) -> str:
        return f"D{record.pk}"

    def status(self, record: Any) -> tuple[str, str] | None:
        return DISPATCH_TONES[record.state], record.get_state_display()
