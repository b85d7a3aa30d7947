"""Tables of procurement, by noun."""

from apps.procurement.models.invoice import Invoice
from apps.procurement.models.order import Flow, Order
from apps.procurement.models.receipt import Receipt
from apps.procurement.models.requisition import Requisition
from apps.procurement.models.rfq import Quotation, Rfq
from apps.procurement.models.supplier import PriceList, Supplier

__all__ = ["Flow", "Invoice", "Order", "PriceList", "Quotation", "Receipt", "Requisition", "Rfq", "Supplier"]
