"""Requisitions and requests for quotation at both doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.procurement import chain, events, forms, panels, services
from apps.procurement.models import Requisition, Rfq


def in_state(*states: str) -> Callable[[Any], bool]:
    return lambda one: one.archived_at is None and one.state in states


@register
class RequisitionResource(Resource):
    model = Requisition
    path = "requisitions"
    label, plural, icon = "Requisition", "Requisitions", "clipboard-list"
    nav = ("Purchasing", 30)
    help = "What somebody needs: approved by amount, then asked for or ordered in one or more parts."
    columns = (
        Column("code", "No.", sort="code", phone="meta"),
        Column("title", "What", sort="title", phone="title"),
        Column("state", "State", "status", value=panels.requisition_state, sort="state", phone="meta"),
        Column("department", "Department", sort="department__code"),
        Column("requested_by", "Asked by"),
        Column("total", "About", "money", value=panels.total_cell, phone="sum"),
        Column("needed_on", "Needed", "date", sort="needed_on", phone="end"),
    )
    filters = ("state", "department", "requested_by", "supplier", "needed_on")
    search = ("code", "title", "reason")
    fields = (*forms.REQUISITION_FIELDS, "lines", "total", "state", "requested_by", "note")
    import_key = ("code",)
    tabs = (
        Tab("waiting", "Waiting", "state=waiting"),
        Tab("approved", "To order", "state=approved"),
        Tab("draft", "Drafts", "state=draft"),
    )
    changed_fact = events.RequisitionChanged
    panels = (Panel("lines", panels.requisition_lines), Panel("chain", chain.of_requisition))
    actions = (
        Action(
            name="write",
            label="New requisition",
            verb="c",
            kind="create",
            run=services.write_requisition,
            form=forms.RequisitionForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_requisition,
            form=forms.RequisitionForm,
            icon="pencil",
            when=in_state("draft", "rejected"),
        ),
        Action(
            name="submit",
            label="Ask for approval",
            verb="c",
            run=services.submit_requisition,
            form=forms.SubmitForm,
            icon="stamp",
            when=in_state("draft", "rejected"),
            primary=True,
            done="Approval asked",
        ),
        Action(
            name="order",
            label="Draft order",
            verb="u",
            run=services.order_requisition,
            form=forms.OrderItForm,
            icon="shopping-cart",
            when=in_state("approved"),
            primary=True,
            done="Order drafted: see Connections",
        ),
        Action(
            name="cancel",
            label="Cancel requisition",
            verb="u",
            run=services.cancel_requisition,
            form=forms.ReasonForm,
            icon="ban",
            danger=True,
            when=in_state("draft", "waiting", "approved", "rejected"),
        ),
        *shelf("Requisition", services.archive_requisition, services.restore_requisition),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.requisition_state(record)


@register
class RfqResource(Resource):
    model = Rfq
    path = "rfqs"
    label, plural, icon = "Request for quotation", "Requests for quotation", "message-circle-question-mark"
    nav = ("Purchasing", 31)
    help = "The same lines asked from several suppliers; their prices side by side; the award drafts the order."
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "What", sort="title"),
        Column("state", "State", "status", value=panels.rfq_state, sort="state"),
        Column("department", "Department", sort="department__code"),
        Column("requisition", "Requisition"),
        Column("answer_by", "Answer by", "date", sort="answer_by"),
        Column("buyer", "Buyer"),
    )
    filters = ("state", "department", "requisition", "buyer", "answer_by")
    search = ("code", "title", "terms")
    fields = (*forms.RFQ_FIELDS, "lines", "state", "sent_at", "buyer")
    import_key = ("code",)
    tabs = (Tab("sent", "Open", "state=sent"), Tab("draft", "Drafts", "state=draft"))
    changed_fact = events.RfqChanged
    panels = (
        Panel("comparison", panels.comparison),
        Panel("lines", panels.rfq_lines),
        Panel("chain", chain.of_rfq),
    )
    actions = (
        Action(
            name="write",
            label="New request for quotation",
            verb="c",
            kind="create",
            run=services.write_rfq,
            form=forms.RfqForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_rfq,
            form=forms.RfqForm,
            icon="pencil",
            when=in_state("draft"),
        ),
        Action(
            name="send",
            label="Ask suppliers",
            verb="u",
            run=services.send_rfq,
            form=forms.SendForm,
            icon="send",
            when=in_state("draft", "sent"),
            done="Suppliers asked",
        ),
        Action(
            name="quote",
            label="Record quotation",
            verb="u",
            run=services.record_quotation,
            form=forms.QuotationForm,
            icon="pencil-line",
            when=in_state("sent"),
            done="Quotation recorded",
        ),
        Action(
            name="award",
            label="Award",
            verb="u",
            run=services.award_rfq,
            form=forms.AwardForm,
            icon="award",
            when=in_state("sent"),
            primary=True,
            done="Awarded: the order is drafted, see Connections",
        ),
        Action(
            name="cancel",
            label="Cancel request",
            verb="x",
            run=services.cancel_rfq,
            icon="ban",
            danger=True,
            when=in_state("draft", "sent"),
            confirm="Suppliers asked are not told. Tell them.",
        ),
        *shelf("Request", services.archive_rfq, services.restore_rfq),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.rfq_state(record)
