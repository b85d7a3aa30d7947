"""What happened to suppliers, requisitions, orders, goods and invoices."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Recorded


@dataclass(frozen=True, kw_only=True)
class SupplierAdded(Recorded, name="procurement.supplier_added", sentence="Supplier added", icon="truck"):
    """A company we may buy from."""


@dataclass(frozen=True, kw_only=True)
class SupplierChanged(Changed, name="procurement.supplier_changed", sentence="Supplier changed", icon="truck"):
    """A supplier was changed, approved or blocked."""


@dataclass(frozen=True, kw_only=True)
class PricesAgreed(Recorded, name="procurement.prices_agreed", sentence="Prices agreed", icon="tags"):
    """A price list or contract begins."""


@dataclass(frozen=True, kw_only=True)
class PricesChanged(Changed, name="procurement.prices_changed", sentence="Price list changed", icon="tags"):
    """A price list or contract was changed."""


@dataclass(frozen=True, kw_only=True)
class RequisitionWritten(
    Recorded, name="procurement.requisition_written", sentence="Requisition written", icon="clipboard-list"
):
    """Somebody needs something."""


@dataclass(frozen=True, kw_only=True)
class RequisitionChanged(Changed, name="procurement.requisition_changed", sentence="Requisition changed"):
    """A requisition was changed."""


@dataclass(frozen=True, kw_only=True)
class RequisitionMoved(
    Changed, name="procurement.requisition_moved", sentence="Requisition moved on", icon="clipboard-check"
):
    """Submitted, approved, refused, ordered or cancelled."""

    state: str
    reason: str = ""
    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RfqWritten(
    Recorded, name="procurement.rfq_written", sentence="Request for quotation written", icon="mail-question"
):
    """Prices are to be asked for."""


@dataclass(frozen=True, kw_only=True)
class RfqChanged(Changed, name="procurement.rfq_changed", sentence="Request for quotation changed"):
    """A request for quotation was changed, sent, awarded or cancelled."""


@dataclass(frozen=True, kw_only=True)
class QuotationRecorded(
    Changed, name="procurement.quotation_recorded", sentence="Quotation recorded", icon="message-square-quote"
):
    """A supplier answered a request."""

    supplier_id: int
    state: str
    total: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderDrafted(Recorded, name="procurement.order_drafted", sentence="Order drafted", icon="shopping-cart"):
    """An order was written."""


@dataclass(frozen=True, kw_only=True)
class OrderBroughtIn(Recorded, name="procurement.order_brought_in", sentence="Order brought in", icon="file-up"):
    """An order of another system came in by file."""


@dataclass(frozen=True, kw_only=True)
class OrderChanged(Changed, name="procurement.order_changed", sentence="Order changed"):
    """A draft was changed or an order put away."""


@dataclass(frozen=True, kw_only=True)
class OrderRevised(Changed, name="procurement.order_revised", sentence="Order revised", icon="file-diff"):
    """A placed order got a new revision."""

    revision: int
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class OrderMoved(Changed, name="procurement.order_moved", sentence="Order moved on", icon="shopping-cart"):
    """Submitted, refused, closed or cancelled."""

    state: str
    reason: str = ""
    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Changed, name="procurement.order_placed", sentence="Order placed", icon="send"):
    """An approved order went to the supplier."""

    supplier_id: int
    amount: str
    currency: str
    revision: int
    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GoodsReceived(Recorded, name="procurement.goods_received", sentence="Goods received", icon="package-check"):
    """A delivery came in on an order."""

    order_id: int
    supplier_id: int
    rejected: str = "0"


@dataclass(frozen=True, kw_only=True)
class ReceiptBroughtIn(Recorded, name="procurement.receipt_brought_in", sentence="Receipt brought in", icon="file-up"):
    """A delivery of an order of another system came in by file; no stock was moved."""


@dataclass(frozen=True, kw_only=True)
class ReceiptChanged(Changed, name="procurement.receipt_changed", sentence="Receipt changed"):
    """A receipt was taken back or put away."""


@dataclass(frozen=True, kw_only=True)
class GoodsReturned(Changed, name="procurement.goods_returned", sentence="Goods returned", icon="package-x"):
    """Goods went back to the supplier; a credit is expected."""

    order_id: int
    line: int
    quantity: str
    credit: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class InvoiceEntered(Recorded, name="procurement.invoice_entered", sentence="Invoice entered", icon="receipt"):
    """A supplier's invoice came in; `state` says whether it matched."""

    state: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class InvoiceChanged(Changed, name="procurement.invoice_changed", sentence="Invoice changed"):
    """An invoice was corrected or put away."""


@dataclass(frozen=True, kw_only=True)
class InvoiceBlocked(Changed, name="procurement.invoice_blocked", sentence="Invoice blocked", icon="octagon-alert"):
    """An invoice does not match and waits in the exception queue."""

    reason: str
    amount: str


@dataclass(frozen=True, kw_only=True)
class InvoiceCleared(Changed, name="procurement.invoice_cleared", sentence="Invoice cleared", icon="circle-check"):
    """An invoice may be paid: it matches, or somebody released it with a reason."""

    state: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class InvoiceRejected(Changed, name="procurement.invoice_rejected", sentence="Invoice sent back", icon="undo-2"):
    """An invoice went back to the supplier."""

    reason: str
