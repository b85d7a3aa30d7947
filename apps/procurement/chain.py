"""The chain of documents, line by line: requisition, quotation, order, goods, invoice, traceable from either end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from apps.core.access.rights import rights_of
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.procurement.models import Flow, Invoice, Order, Receipt, Requisition, Rfq

DEAD = (Order.State.CANCELLED, Order.State.REJECTED)
DOCUMENTS: dict[str, tuple[Any, str]] = {
    Receipt.RESOURCE: (Receipt, "goods-receipts"),
    Invoice.RESOURCE: (Invoice, "supplier-invoices"),
}
MOST_ORDERS = 20


def of_order(order: Order, user: Any) -> pm.Section | None:
    return chain([order], user)


def of_requisition(record: Requisition, user: Any) -> pm.Section | None:
    return chain(_seen(user).filter(requisition=record)[:MOST_ORDERS], user)


def of_rfq(record: Rfq, user: Any) -> pm.Section | None:
    return chain(_seen(user).filter(rfq=record)[:MOST_ORDERS], user)


def of_receipt(record: Receipt, user: Any) -> pm.Section | None:
    return chain([record.order], user) if rights_of(user).can_somewhere("purchase_order", "r") else None


def of_invoice(record: Invoice, user: Any) -> pm.Section | None:
    codes = {one["order"] for one in record.lines if one.get("order")} | (
        {record.order.code} if record.order else set()
    )
    return chain(_seen(user).filter(code__in=codes)[:MOST_ORDERS], user)


def _seen(user: Any) -> Any:
    return Order.objects.visible_to(user).exclude(state__in=DEAD).select_related("requisition", "rfq", "supplier")


def chain(orders: Iterable[Order], user: Any) -> pm.Section | None:
    """One row per order line; every document of it is a link."""
    found = list(orders)
    if not any(one.lines for one in found):
        return None
    flows: dict[tuple[int, int, str], list[Flow]] = {}
    for flow in Flow.objects.filter(order__in=found).order_by("pk"):
        flows.setdefault((flow.order_id, flow.line, flow.kind), []).append(flow)
    codes = _codes(flow for some in flows.values() for flow in some)
    rows = [_row(order, line, flows, codes) for order in found for line in order.lines]
    heads = (
        pm.Column("what", "What", wide=True),
        pm.Column("requisition", "Requisition"),
        pm.Column("rfq", "Quotation"),
        pm.Column("order", "Order"),
        pm.Column("goods", "Goods"),
        pm.Column("invoices", "Invoices"),
    )
    return pm.Section("From need to invoice", table=pm.Table(heads, tuple(rows), "From need to invoice"))


def _codes(flows: Iterable[Flow]) -> dict[str, str]:
    """subject → code of the receipts and invoices behind the flows, in two queries."""
    keys: dict[str, set[int]] = {}
    for flow in flows:
        kind, _, key = flow.document.partition(":")
        keys.setdefault(kind, set()).add(int(key))
    return {
        f"{kind}:{pk}": code
        for kind, wanted in keys.items()
        if kind in DOCUMENTS
        for pk, code in DOCUMENTS[kind][0].objects.filter(pk__in=wanted).values_list("pk", "code")
    }


def _row(
    order: Order, line: dict[str, Any], flows: dict[tuple[int, int, str], list[Flow]], codes: dict[str, str]
) -> pm.Row:
    place = int(line["line"])
    source = str(line.get("source", ""))
    wish = pm.Cell(cells.DASH)
    if order.requisition and source.startswith(f"{order.requisition.code}/"):
        wish = pm.Cell(source, "link", url=reverse("record", args=["requisitions", order.requisition_id]))
    quoted = pm.Cell(cells.DASH)
    if order.rfq:
        quoted = pm.Cell(order.rfq.code, "link", url=reverse("record", args=["rfqs", order.rfq_id]))
    goods = [
        *flows.get((order.pk, place, Flow.Kind.RECEIVED), ()),
        *flows.get((order.pk, place, Flow.Kind.RETURNED), ()),
    ]
    return pm.Row(
        f"{order.pk}-{place}",
        cells=(
            pm.Cell(str(line.get("text") or line.get("part"))),
            wish,
            quoted,
            pm.Cell(f"{order.code}/{place}", "link", url=reverse("record", args=["purchase-orders", order.pk])),
            _documents(goods, codes),
            _documents(flows.get((order.pk, place, Flow.Kind.INVOICED), ()), codes),
        ),
    )


def _documents(flows: Iterable[Flow], codes: dict[str, str]) -> pm.Cell:
    """ "GR1: 5, GR2: 3", a link where it is one document."""
    found: dict[str, Any] = {}
    for flow in flows:
        sign = -1 if flow.kind == Flow.Kind.RETURNED else 1
        found[flow.document] = found.get(flow.document, 0) + sign * flow.quantity
    texts = [f"{codes[one]}: {format_number(sum_.normalize())}" for one, sum_ in found.items() if sum_ and one in codes]
    if not texts:
        return pm.Cell(cells.DASH)
    if len(texts) == 1:
        kind, _, key = next(one for one, sum_ in found.items() if sum_ and one in codes).partition(":")
        return pm.Cell(texts[0], "link", url=reverse("record", args=[DOCUMENTS[kind][1], int(key)]))
    return pm.Cell(", ".join(texts))
