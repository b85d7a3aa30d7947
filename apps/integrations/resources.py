"""Webhooks out and in, and what went over them, at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.integrations import events, forms, panels, services
from apps.integrations.models import HookCall, InboundHook, Webhook, WebhookDelivery


@register
class WebhookResource(Resource):
    model = Webhook
    path = "webhooks"
    label, plural, icon = "Webhook", "Webhooks out", "webhook"
    nav = ("Setup", 50)
    help = "Addresses outside that are told what happens. They hear only what their owner may read."
    columns = (
        Column("name", "Name", sort="name"),
        Column("state", "State", "status", value=panels.webhook_state),
        Column("url", "Address"),
        Column("patterns", "Facts"),
        Column("owner", "Owner"),
        Column("last_sent_at", "Last sent", "date"),
    )
    filters = ("owner",)
    search = ("name", "url")
    fields = (*forms.WEBHOOK_FIELDS, "owner", "active", "failing_since", "last_sent_at", "stopped_because")
    changed_fact = events.WebhookChanged
    panels = (
        Panel("health", panels.health_panel),
        Panel("secret", panels.secret_panel),
        Panel("deliveries", panels.deliveries_panel),
        Panel("receiver", panels.receiver_panel),
    )
    actions = (
        Action(
            name="add",
            label="New webhook",
            verb="c",
            kind="create",
            run=services.add_webhook,
            form=forms.WebhookForm,
            icon="plus",
            automation=False,
        ),
        Action(
            name="edit",
            label="Edit",
            verb="x",
            kind="change",
            run=services.change_webhook,
            form=forms.WebhookForm,
            icon="pencil",
            when=in_use,
            automation=False,
        ),
        Action(
            name="test",
            label="Send test message",
            verb="x",
            run=services.test_webhook,
            icon="radio",
            when=lambda one: one.archived_at is None and one.active,
            primary=True,
            done="Test message on its way",
        ),
        Action(
            name="stop",
            label="Stop webhook",
            verb="x",
            run=services.stop_webhook,
            icon="pause",
            when=lambda one: one.archived_at is None and one.active,
            done="Webhook stopped",
            undo="start",
            automation=False,
        ),
        Action(
            name="start",
            label="Start webhook",
            verb="x",
            run=services.start_webhook,
            icon="play",
            when=lambda one: one.archived_at is None and not one.active,
            done="Webhook started",
            automation=False,
        ),
        *shelf("Webhook", services.archive_webhook, services.restore_webhook, verb="x"),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.webhook_state(record)


@register
class WebhookDeliveryResource(Resource):
    model = WebhookDelivery
    path = "webhook-deliveries"
    label, plural, icon = "Webhook delivery", "Webhook deliveries", "send"
    nav = ("Setup", 51)
    help = "Each fact owed to an address outside, with every attempt. Kept for a month."
    columns = (
        Column("created_at", "When", "date", sort="created_at"),
        Column("fact", "Fact", sort="fact"),
        Column("about", "About"),
        Column("webhook", "Webhook"),
        Column("state", "State", "status", value=lambda one: panels.STATES[one.state], sort="state"),
        Column("attempts", "Tries", "number"),
        Column("sent_at", "Sent", "date"),
    )
    filters = ("state", "webhook", "fact")
    search = ("fact", "about")
    fields = ("webhook", "fact", "about", "state", "attempts", "available_at", "sent_at", "message_id")
    tabs = (Tab("failed", "Failed", "state=failed"), Tab("waiting", "Waiting", "state=waiting"))
    panels = (Panel("attempts", panels.attempts_panel),)
    actions = (
        Action(
            name="repeat",
            label="Send again",
            verb="x",
            run=services.repeat_delivery,
            icon="rotate-cw",
            bulk=True,
            primary=True,
            done="On its way again",
            automation=False,
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.STATES[record.state]


@register
class InboundHookResource(Resource):
    model = InboundHook
    path = "inbound-hooks"
    label, plural, icon = "Inbound webhook", "Webhooks in", "inbox"
    nav = ("Setup", 52)
    help = "Addresses at which other systems tell us something. Automation rules react to what comes in."
    columns = (
        Column("name", "Name", sort="name"),
        Column("state", "State", "status", value=panels.hook_state),
        Column("style", "Signature", value=lambda one: one.get_style_display()),
        Column("concerns", "For department"),
        Column("owner", "Owner"),
        Column("last_received_at", "Last message", "date"),
    )
    filters = ("owner", "style")
    search = ("name",)
    fields = (*forms.HOOK_FIELDS, "owner", "key", "active", "last_received_at")
    changed_fact = events.HookChanged
    panels = (
        Panel("address", panels.address_panel),
        Panel("secret", panels.secret_panel),
        Panel("calls", panels.calls_panel),
    )
    actions = (
        Action(
            name="add",
            label="New inbound webhook",
            verb="c",
            kind="create",
            run=services.add_hook,
            form=forms.HookForm,
            icon="plus",
            automation=False,
        ),
        Action(
            name="edit",
            label="Edit",
            verb="x",
            kind="change",
            run=services.change_hook,
            form=forms.HookForm,
            icon="pencil",
            when=in_use,
            automation=False,
        ),
        Action(
            name="switch-off",
            label="Switch off",
            verb="x",
            run=services.switch_off_hook,
            icon="pause",
            when=lambda one: one.archived_at is None and one.active,
            done="Inbound webhook switched off",
            undo="switch-on",
            automation=False,
        ),
        Action(
            name="switch-on",
            label="Switch on",
            verb="x",
            run=services.switch_on_hook,
            icon="play",
            when=lambda one: one.archived_at is None and not one.active,
            done="Inbound webhook switched on",
            automation=False,
        ),
        *shelf("Inbound webhook", services.archive_hook, services.restore_hook, verb="x"),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.hook_state(record)


@register
class HookCallResource(Resource):
    model = HookCall
    path = "hook-calls"
    label, plural, icon = "Incoming message", "Incoming messages", "mail-open"
    nav = ("Setup", 53)
    help = "What other systems told us, as it came. Kept for a month."
    columns = (
        Column("created_at", "When", "date", sort="created_at"),
        Column("kind", "Kind", sort="kind"),
        Column("hook", "Came by"),
        Column("key", "Message id"),
        Column("repeats", "Repeats", "number"),
    )
    filters = ("hook", "kind")
    search = ("kind", "key")
    fields = ("hook", "kind", "key", "repeats", "body")
    panels = (Panel("body", panels.body_panel),)
    actions = (
        Action(
            name="repeat",
            label="Tell rules again",
            verb="x",
            run=services.repeat_call,
            icon="rotate-cw",
            bulk=True,
            confirm="Every rule that reacts to such messages runs once more.",
            done="Told again",
            automation=False,
        ),
    )
