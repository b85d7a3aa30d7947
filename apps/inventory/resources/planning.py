"""Stock policies and proposals at both doors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.inventory import events, forms, panels, queries, services
from apps.inventory.models import Proposal, StockPolicy

State = Proposal.State


@register
class PolicyResource(Resource):
    model = StockPolicy
    path = "stock-policies"
    label, plural, icon = "Stock policy", "Stock policies", "sliders-horizontal"
    nav = ("Settings", 45)
    help = "When an item is ordered again at a place, and how much: (s,Q), (s,S), (R,S), kanban or a DDMRP buffer."
    columns = (
        Column("code", "Item at place", sort="code"),
        Column("item", "Item"),
        Column("location", "Place"),
        Column("on_hand", "On hand", "number", value=panels.on_hand_text),
        Column("method", "Method", sort="method"),
        Column("reorder_point", "s", "number"),
        Column("order_quantity", "Q", "number"),
        Column("order_up_to", "S", "number"),
        Column("lead_days", "Lead time, days", "number"),
    )

    def dress(self, records: Sequence[Any], actor: Any) -> None:
        found = queries.on_hand_of({one.item_id for one in records}, actor)
        for record in records:
            record.seen_stock = found.get((record.item_id, record.location_id))

    filters = ("method", "item", "location", "department")
    search = ("code",)
    fields = (*forms.POLICY_FIELDS, "department")
    changed_fact = events.PolicyChanged
    panels = (Panel("quantities", panels.suggestions_panel),)
    actions = (
        Action(
            name="set",
            label="New stock policy",
            verb="c",
            kind="create",
            run=services.set_policy,
            form=forms.PolicyForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_policy,
            form=forms.PolicyForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Stock policy", services.archive_policy, services.restore_policy),
    )


@register
class ProposalResource(Resource):
    model = Proposal
    path = "stock-proposals"
    label, plural, icon = "Order proposal", "Order proposals", "shopping-cart"
    nav = ("Stock", 45)
    help = "What should be ordered, with the arithmetic. It counts as supply until its requisition does, so it is made only once."
    columns = (
        Column("code", "No.", sort="code", phone="meta"),
        Column("item", "Item", phone="title"),
        Column("location", "Place"),
        Column("quantity", "Quantity", "number", value=panels.moved, phone="sum"),
        Column("needed_on", "Needed", "date", sort="needed_on", phone="end"),
        Column("state", "State", "status", value=panels.proposal_state, sort="state", phone="meta"),
    )
    filters = ("state", "item", "location", "department", "needed_on")
    search = ("code",)
    fields = (
        "code",
        "item",
        "location",
        "quantity",
        "needed_on",
        "state",
        "arithmetic",
        "reason",
        "policy",
        "department",
    )
    changed_fact = events.ProposalChanged
    tabs = (
        Tab("open", "Proposed", "state=open"),
        Tab("requested", "Requested", "state=requested"),
        Tab("ordered", "Ordered", "state=ordered"),
    )
    panels = (Panel("why", panels.arithmetic_panel),)
    actions = (
        Action(
            name="accept",
            label="Accept",
            verb="u",
            run=services.accept_proposal,
            icon="check",
            primary=True,
            bulk=True,
            when=lambda one: one.archived_at is None and one.state == State.OPEN,
            done="Proposal accepted",
        ),
        Action(
            name="done",
            label="Has come",
            verb="u",
            run=services.finish_proposal,
            icon="package-check",
            when=lambda one: one.archived_at is None and one.state == State.ACCEPTED,
            done="Proposal done",
        ),
        Action(
            name="dismiss",
            label="Dismiss",
            verb="u",
            run=services.dismiss_proposal,
            form=forms.ReasonForm,
            icon="circle-x",
            bulk=True,
            when=lambda one: one.archived_at is None and one.state in Proposal.SUPPLY,
            done="Proposal dismissed",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.proposal_state(record)
