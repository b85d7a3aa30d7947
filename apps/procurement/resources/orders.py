"""Purchase orders and goods receipts at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.procurement import chain, events, forms, panels, services
from apps.procurement.importing import OrderImporter
from apps.procurement.models import Order, Receipt
from apps.procurement.resources.buying import in_state


@register
class OrderResource(Resource):
    model = Order
    path = "purchase-orders"
    label, plural, icon = "Purchase order", "Purchase orders", "shopping-cart"
    nav = ("Purchasing", 32)
    help = "What suppliers were asked to deliver: approved by amount, revised, received and invoiced in parts."
    columns = (
        Column("code", "No.", sort="code", phone="meta"),
        Column("supplier", "Supplier", sort="supplier__name", phone="title"),
        Column("state", "State", "status", value=panels.order_state, sort="state", phone="meta"),
        Column("department", "Department", sort="department__code"),
        Column("total", "Value", "money", value=panels.total_cell, phone="sum"),
        Column("ordered_on", "Ordered", "date", sort="ordered_on", phone="end"),
        Column("revision", "Revision", "number"),
        Column("requisition", "Requisition"),
        Column("buyer", "Buyer"),
    )
    filters = ("state", "supplier", "department", "requisition", "buyer", "ordered_on", "category")
    search = ("code", "terms", "deliver_to", "supplier__name")
    fields = (
        *forms.ORDER_FIELDS,
        "lines",
        "total",
        "due",
        "rate",
        "state",
        "revision",
        "rfq",
        "buyer",
        "split_with",
        "override",
        "override_by",
        "note",
    )
    import_key = ("code",)
    importer = OrderImporter
    tabs = (
        Tab("placed", "Placed", "state=placed"),
        Tab("waiting", "Waiting", "state=waiting"),
        Tab("draft", "Drafts", "state=draft"),
    )
    changed_fact = events.OrderChanged
    panels = (Panel("lines", panels.order_lines), Panel("chain", chain.of_order), Panel("paper", panels.paper))
    actions = (
        Action(
            name="draft",
            label="New order",
            verb="c",
            kind="create",
            run=services.draft_order,
            form=forms.OrderForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_order,
            form=forms.OrderForm,
            icon="pencil",
            when=in_state("draft", "rejected"),
        ),
        Action(
            name="submit",
            label="Ask for approval",
            verb="u",
            run=services.submit_order,
            form=forms.SubmitForm,
            icon="stamp",
            when=in_state("draft", "rejected"),
            primary=True,
            done="Approval asked",
        ),
        Action(
            name="revise",
            label="Revise",
            verb="u",
            run=services.revise_order,
            form=forms.ReviseForm,
            icon="file-diff",
            when=in_state("placed"),
            done="Order revised",
            help="A revision that costs more waits for approval again.",
        ),
        Action(
            name="close",
            label="Close order",
            verb="u",
            run=services.close_order,
            form=forms.CloseForm,
            icon="circle-check",
            when=in_state("placed"),
            done="Order closed",
        ),
        Action(
            name="cancel",
            label="Cancel order",
            verb="x",
            run=services.cancel_order,
            form=forms.ReasonForm,
            icon="ban",
            danger=True,
            when=in_state("draft", "waiting", "placed", "rejected"),
        ),
        *shelf("Order", services.archive_order, services.restore_order),
    )

    def title(self, record: Any) -> str:
        return f"Order to {record.supplier.name}"

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.order_state(record)


@register
class ReceiptResource(Resource):
    model = Receipt
    path = "goods-receipts"
    label, plural, icon = "Goods receipt", "Goods receipts", "package-check"
    nav = ("Purchasing", 33)
    help = "What came in on an order, what of it was rejected, and what went back to the supplier."
    columns = (
        Column("code", "No.", sort="code"),
        Column("order", "Order"),
        Column("state", "State", "status", value=panels.receipt_state, sort="state"),
        Column("department", "Department", sort="department__code"),
        Column("received_on", "Received", "date", sort="received_on"),
        Column("delivery_note", "Delivery note"),
        Column("received_by", "By"),
    )
    filters = ("state", "order", "department", "received_on")
    search = ("code", "delivery_note")
    fields = (*forms.RECEIPT_FIELDS, "lines", "department", "state", "returned", "received_by")
    changed_fact = events.ReceiptChanged
    panels = (
        Panel("lines", panels.receipt_lines),
        Panel("returned", panels.returned_lines),
        Panel("chain", chain.of_receipt),
    )
    actions = (
        Action(
            name="receive",
            label="Receive goods",
            verb="c",
            kind="create",
            run=services.receive_goods,
            form=forms.ReceiptForm,
            icon="plus",
        ),
        Action(
            name="return",
            label="Return to supplier",
            verb="x",
            run=services.return_goods,
            form=forms.ReturnForm,
            icon="package-x",
            when=in_state("posted"),
            done="Return recorded: a credit is expected",
        ),
        Action(
            name="reverse",
            label="Take back",
            verb="x",
            run=services.reverse_receipt,
            form=forms.ReasonForm,
            icon="undo-2",
            danger=True,
            when=in_state("posted"),
            done="Receipt taken back",
        ),
    )

    def title(self, record: Any) -> str:
        return f"Receipt on {record.order.code}"

    def rows(self, actor: Any) -> Any:
        return super().rows(actor).select_related("order__supplier")

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.receipt_state(record)
