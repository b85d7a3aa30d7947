"""Messages that came before anybody waited for them, at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.workflows import panels_cases
from apps.workflows.events.messages import MessageDiscarded
from apps.workflows.models import Message
from apps.workflows.services import messages as services


@register
class MessageResource(Resource):
    model = Message
    path = "case-messages"
    label, plural, icon = "Message to cases", "Messages to cases", "mail"
    nav = ("Operate", 24)
    help = "Messages that came before any case waited for them. The first case that comes to wait takes one; else it expires."
    columns = (
        Column("name", "Message", sort="name"),
        Column("key", "For", sort="key"),
        Column("state", "State", "status", value=panels_cases.message_state, sort="state"),
        Column("created_at", "Came", "date", sort="created_at"),
        Column("expires_at", "Kept until", "date", sort="expires_at"),
        Column("taken_by", "Taken by"),
        Column("department", "Department"),
    )
    filters = ("state", "name", "key", "department")
    search = ("name", "key")
    fields = ("name", "key", "state", "values", "department", "created_at", "expires_at", "taken_by", "taken_at")
    tabs = (Tab("kept", "Nobody waits yet", "state=kept"), Tab("expired", "Expired", "state=expired"))
    changed_fact = MessageDiscarded
    panels = (Panel("values", panels_cases.message_panel),)
    actions = (
        Action(
            name="discard",
            label="Throw away",
            verb="u",
            run=services.discard_message,
            icon="trash-2",
            danger=True,
            bulk=True,
            when=lambda one: one.state == Message.State.KEPT,
            confirm="No case will hear it any more.",
            done="The message was thrown away",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels_cases.message_state(record)
