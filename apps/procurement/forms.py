"""Inputs of the verbs of procurement."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from apps.core.actions.fields import ActionForm, RecordField, RecordsField, form_for
from apps.procurement.lines import INVOICE, OFFER, ORDER, PRICES, RECEIPT, REQUISITION, RFQ
from apps.procurement.models import Invoice, Order, PriceList, Receipt, Requisition, Rfq, Supplier
from apps.procurement.widgets import LinesField

SUPPLIER_FIELDS = (
    "name",
    "state",
    "email",
    "phone",
    "address",
    "country",
    "tax_number",
    "currency",
    "payment_days",
    "lead_days",
    "over_percent",
    "price_percent",
    "price_amount",
    "note",
    "code",
)
PRICE_FIELDS = ("supplier", "title", "kind", "currency", "valid_from", "valid_until", "value_limit", "code")
REQUISITION_FIELDS = (
    "title",
    "department",
    "reason",
    "category",
    "project",
    "supplier",
    "currency",
    "needed_on",
    "code",
)
RFQ_FIELDS = ("title", "department", "requisition", "currency", "answer_by", "terms", "code")
ORDER_FIELDS = (
    "supplier",
    "department",
    "requisition",
    "category",
    "project",
    "currency",
    "ordered_on",
    "deliver_to",
    "terms",
    "tax",
    "freight",
    "code",
)
RECEIPT_FIELDS = ("order", "place", "received_on", "delivery_note", "code")
INVOICE_FIELDS = (
    "kind",
    "supplier",
    "number",
    "department",
    "order",
    "invoiced_on",
    "due_on",
    "currency",
    "amount",
    "code",
)


class _Wanted(ActionForm):
    lines = LinesField(REQUISITION, least=0)


class _Asked(ActionForm):
    lines = LinesField(RFQ, least=0, help_text="Empty: the lines of the requisition")


class _Ordered(ActionForm):
    lines = LinesField(ORDER, least=0)


class _Priced(ActionForm):
    lines = LinesField(PRICES, least=0, help_text="Several rows of one part with rising quantities are price breaks")


class _Received(ActionForm):
    lines = LinesField(RECEIPT, least=0, help_text="Empty: everything outstanding came in whole")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, Order.State.PLACED)


class _Invoiced(ActionForm):
    lines = LinesField(INVOICE, least=0, help_text="Lines without an order number belong to the order above")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, Order.State.PLACED, Order.State.CLOSED)


def _offer(form: ActionForm, *states: str) -> None:
    """Only orders in these states are offered; one in another state is refused by its name."""
    if not form.is_bound:
        field: Any = form.fields["order"]
        field.queryset = field.queryset.filter(state__in=states)


SupplierForm = form_for(Supplier, SUPPLIER_FIELDS)
PriceListForm = type("PriceListInput", (_Priced, form_for(PriceList, PRICE_FIELDS)), {})
RequisitionForm = type("RequisitionInput", (_Wanted, form_for(Requisition, REQUISITION_FIELDS)), {})
RfqForm = type("RfqInput", (_Asked, form_for(Rfq, RFQ_FIELDS)), {})
OrderForm = type("OrderInput", (_Ordered, form_for(Order, ORDER_FIELDS)), {})
ReceiptForm = type("ReceiptInput", (_Received, form_for(Receipt, RECEIPT_FIELDS)), {})
InvoiceForm = type("InvoiceInput", (_Invoiced, form_for(Invoice, INVOICE_FIELDS)), {})


class ReasonForm(ActionForm):
    """A reason people will read."""

    reason = forms.CharField(max_length=300)


class SubmitForm(ActionForm):
    """Why the budget is overridden, where it blocks."""

    override = forms.CharField(
        max_length=300,
        required=False,
        label="Override of the budget",
        help_text="Only where the budget blocks, and only by those who approve budgets: say why",
    )


class CloseForm(ActionForm):
    """Why nothing more is expected, where something is missing."""

    reason = forms.CharField(max_length=300, required=False, help_text="Needed while something is outstanding")


class OrderItForm(ActionForm):
    """From whom, and which lines."""

    supplier = RecordField(Supplier)
    lines = forms.MultipleChoiceField(
        required=False,
        choices=[(str(one), str(one)) for one in range(1, 501)],
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: everything that is not ordered yet",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.record is None or (self.is_bound and not isinstance(self.data, QueryDict)):
            return
        self.fields["lines"].choices = [  # type: ignore[attr-defined]
            (str(one["line"]), f"{one['line']}. {one['text']}") for one in self.record.lines
        ]


class SendForm(ActionForm):
    """Who is asked."""

    suppliers = RecordsField(Supplier, required=False, widget=forms.CheckboxSelectMultiple)


class QuotationForm(ActionForm):
    """One supplier's answer."""

    supplier = RecordField(Supplier)
    lines = LinesField(OFFER, least=0, help_text="No line: the supplier declined")
    lead_days = forms.IntegerField(required=False, min_value=0, max_value=999, label="Days to deliver")
    valid_until = forms.DateField(
        required=False, label="Offer holds until", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.record is not None and not self.is_bound:
            self.fields["lines"].initial = [{"line": one["line"]} for one in self.record.lines]


class AwardForm(ActionForm):
    """Who gets the order, and why if another is cheaper."""

    supplier = RecordField(Supplier)
    reason = forms.CharField(required=False, max_length=300, help_text="Needed when another offer is cheaper")


class ReviseForm(ActionForm):
    """The new lines and why."""

    lines = LinesField(ORDER)
    reason = forms.CharField(max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.record is not None and not self.is_bound:
            self.fields["lines"].initial = self.record.lines


class ReturnForm(ActionForm):
    """What goes back and why."""

    line = forms.IntegerField(min_value=1, label="Order line")
    quantity = forms.DecimalField(max_digits=18, decimal_places=6, min_value=0)
    lot = forms.CharField(
        required=False, max_length=60, label="Lot or serial number", help_text="Empty: what came in last goes first"
    )
    reason = forms.CharField(max_length=300)
