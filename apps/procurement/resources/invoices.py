"""Supplier invoices at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.procurement import chain, events, forms, panels, services
from apps.procurement.models import Invoice
from apps.procurement.resources.buying import in_state


@register
class InvoiceResource(Resource):
    model = Invoice
    path = "supplier-invoices"
    label, plural, icon = "Supplier invoice", "Supplier invoices", "receipt"
    nav = ("Purchasing", 34)
    help = (
        "Invoices and credit notes matched line by line against order and goods. "
        "What does not match is blocked and never paid by itself."
    )
    columns = (
        Column("code", "No.", sort="code", phone="meta"),
        Column("number", "Their number", sort="number"),
        Column("kind", "Kind", value=lambda one: one.get_kind_display(), sort="kind"),
        Column("supplier", "Supplier", sort="supplier__name", phone="title"),
        Column("state", "State", "status", value=panels.invoice_state, sort="state", phone="meta"),
        Column("reason", "Why", value=panels.why_blocked, phone="line"),
        Column("amount", "Amount", "money", value=panels.amount_cell, sort="amount", phone="sum"),
        Column("order", "Order", value=lambda one: one.order.code if one.order else ""),
        Column("invoiced_on", "Dated", "date", sort="invoiced_on"),
        Column("due_on", "Due", "date", sort="due_on", phone="end"),
        Column("department", "Department", sort="department__code"),
    )
    filters = ("state", "kind", "supplier", "department", "order", "invoiced_on", "due_on")
    search = ("code", "number", "reason", "supplier__name")
    fields = (*forms.INVOICE_FIELDS, "lines", "state", "reason", "verdicts", "blocked_at", "entered_by")
    import_key = ("code",)
    tabs = (Tab("exceptions", "Exceptions", "state=blocked"), Tab("pay", "To pay", "state=matched"))
    changed_fact = events.InvoiceChanged
    panels = (Panel("match", panels.verdicts), Panel("chain", chain.of_invoice))
    actions = (
        Action(
            name="enter",
            label="Enter invoice",
            verb="c",
            kind="create",
            run=services.enter_invoice,
            form=forms.InvoiceForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Correct",
            verb="u",
            kind="change",
            run=services.change_invoice,
            form=forms.InvoiceForm,
            icon="pencil",
            when=in_state("blocked"),
        ),
        Action(
            name="match",
            label="Match again",
            verb="u",
            run=services.match_again,
            icon="refresh-cw",
            when=in_state("blocked"),
            primary=True,
            bulk=True,
            done="Matched again",
        ),
        Action(
            name="release",
            label="Release difference",
            verb="a",
            run=services.release_invoice,
            form=forms.ReasonForm,
            icon="circle-check",
            when=in_state("blocked"),
            done="Released to pay",
        ),
        Action(
            name="reject",
            label="Send back",
            verb="u",
            run=services.reject_invoice,
            form=forms.ReasonForm,
            icon="undo-2",
            danger=True,
            when=in_state("blocked"),
            done="Sent back to the supplier",
        ),
        *shelf("Invoice", services.archive_invoice, services.restore_invoice),
    )

    def title(self, record: Any) -> str:
        return f"{record.get_kind_display()} {record.number} of {record.supplier.name}"

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.invoice_state(record)
