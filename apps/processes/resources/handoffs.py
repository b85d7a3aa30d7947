"""Hand-offs at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.processes import events, forms, panels, services
from apps.processes.models import Handoff

State = Handoff.State


@register
class HandoffResource(Resource):
    model = Handoff
    path = "handoffs"
    label, plural, icon = "Hand-off", "Hand-offs", "handshake"
    nav = ("Operate", 22)
    help = (
        "Work that goes from one department to another: offered, taken or returned with a reason, both clocks measured."
    )
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "Hand-off", sort="title"),
        Column("state", "State", "status", value=panels.handoff_state, sort="state"),
        Column("department", "From", sort="department__code"),
        Column("to_department", "To", sort="to_department__code"),
        Column("since", "Since", "date", sort="since"),
        Column("waited", "Waited", value=lambda one: panels.duration(one.waited)),
        Column("worked", "In work", value=lambda one: panels.duration(one.worked)),
        Column("returns", "Returned", "number"),
    )
    filters = ("state", "department", "to_department", "about", "since")
    search = ("code", "title", "note")
    fields = (
        *forms.HANDOFF_FIELDS,
        "contents",
        "state",
        "reason",
        "returns",
        "offered_by",
        "taken_by",
        "answer_by",
        "done_at",
    )
    import_key = ("code",)
    tabs = (
        Tab("offered", "Offered", "state=offered"),
        Tab("accepted", "In work", "state=accepted"),
        Tab("returned", "Returned", "state=returned"),
    )
    changed_fact = events.HandoffChanged
    panels = (Panel("contents", panels.handoff_panel), Panel("about", panels.about_panel))
    actions = (
        Action(
            name="offer",
            label="New hand-off",
            verb="c",
            kind="create",
            run=services.offer_handoff,
            form=forms.HandoffForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_handoff,
            form=forms.ChangeHandoffForm,
            icon="pencil",
            when=lambda one: one.archived_at is None and one.state in {State.OFFERED, State.RETURNED},
        ),
        Action(
            name="accept",
            label="Accept",
            verb="u",
            run=services.accept_handoff,
            form=forms.AcceptForm,
            icon="check",
            primary=True,
            when=lambda one: one.archived_at is None and one.state == State.OFFERED,
            done="Hand-off accepted",
        ),
        Action(
            name="return",
            label="Return",
            verb="u",
            run=services.return_handoff,
            form=forms.ReasonForm,
            icon="undo-2",
            when=lambda one: one.archived_at is None and one.state in {State.OFFERED, State.ACCEPTED},
            done="Hand-off returned",
        ),
        Action(
            name="offer_again",
            label="Offer again",
            verb="u",
            run=services.offer_again,
            icon="send",
            when=lambda one: one.archived_at is None and one.state == State.RETURNED,
            done="Hand-off offered again",
        ),
        Action(
            name="finish",
            label="Finish",
            verb="u",
            run=services.finish_handoff,
            icon="circle-check",
            when=lambda one: one.archived_at is None and one.state == State.ACCEPTED,
            done="Hand-off done",
        ),
        Action(
            name="cancel",
            label="Cancel hand-off",
            verb="u",
            run=services.cancel_handoff,
            form=forms.ReasonForm,
            icon="circle-x",
            danger=True,
            when=lambda one: one.archived_at is None and one.state in {State.OFFERED, State.RETURNED},
            done="Hand-off cancelled",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.handoff_state(record)
