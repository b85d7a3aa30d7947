"""Goods in and goods back: the flows on order lines, refused beyond what was ordered and tolerated."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.inventory.models import Location
from apps.procurement import events, queries
from apps.procurement.lines import RECEIPT, Line, by_number, check_lines, number, plain_number
from apps.procurement.models import Flow, Order, Receipt
from apps.procurement.services import funds, stock
from apps.procurement.services.common import locked

Kind = Flow.Kind


def receive_goods(
    *,
    order: Order,
    lines: Any = (),
    received_on: date | None = None,
    delivery_note: str = "",
    place: Location | None = None,
    code: str = "",
    actor: Any,
) -> Receipt:
    """Post a delivery; without lines, everything outstanding came in whole."""
    day = received_on or timezone.localdate()
    if day > timezone.localdate():
        raise _future()
    with transaction.atomic():
        found = locked(order, Order.State.PLACED)
        asked = list(lines or ()) or _outstanding(found)
        checked = check_lines(asked, RECEIPT)
        _check_quantities(found, checked)
        receipt = Receipt(
            code=code or f"GR{next_number('goods_receipt')}",
            order=found,
            department=found.department,
            received_on=day,
            place=place,
            delivery_note=delivery_note,
            lines=checked,
            received_by=actor,
        )
        write.create(
            receipt,
            actor=actor,
            fact=events.GoodsReceived,
            order_id=found.pk,
            supplier_id=found.supplier_id,
            rejected=plain_number(sum((number(one, "rejected") for one in checked), Decimal(0))),
        )
        Flow.objects.bulk_create(flows_of(receipt))
        stock.receive(receipt, actor=actor)
        return receipt


def _future() -> Refused:
    return Refused("Goods are received when they are here. Take today or earlier.", code="future", field="received_on")


def _outstanding(order: Order) -> list[Line]:
    rest = queries.outstanding(order).items()
    return [{"line": place, "quantity": plain_number(quantity)} for place, quantity in rest if quantity]


def flows_of(receipt: Receipt, *, sign: int = 1) -> list[Flow]:
    """A receipt's lines as flows; turned around when it is taken back."""
    found = []
    for line in receipt.lines:
        for kind, name in ((Kind.RECEIVED, "quantity"), (Kind.REJECTED, "rejected")):
            if number(line, name):
                found.append(_flow(receipt, line, kind, sign * number(line, name)))
    return found


def _flow(receipt: Receipt, line: Line, kind: str, quantity: Decimal) -> Flow:
    price = number(by_number(receipt.order.lines).get(int(line["line"]), {}), "price")
    return Flow(
        order=receipt.order,
        line=int(line["line"]),
        department=receipt.department,
        kind=kind,
        quantity=quantity,
        price=price,
        day=receipt.received_on or timezone.localdate(),
        document=receipt.subject(),
    )


def _check_quantities(order: Order, lines: list[Line]) -> None:
    """Lines of the order only, rejected within received, and no more than ordered plus what is tolerated."""
    ordered, done = by_number(order.lines), queries.progress(order)
    coming: dict[int, Decimal] = {}
    for line in lines:
        place = int(line["line"])
        if place not in ordered:
            raise Refused(f"{order.code} has no line {place}.", code="unknown_line", field="lines")
        if number(line, "rejected") > number(line, "quantity"):
            raise Refused(f"Line {place}: more is rejected than received.", code="rejected", field="lines")
        if number(line, "rejected") and not line.get("reason"):
            raise Refused(f"Line {place}: say why it is rejected.", code="no_reason", field="lines")
        serials = [one for one in str(line.get("serials", "")).replace(",", " ").split() if one]
        if len(serials) != len(set(serials)):
            raise Refused(f"Line {place}: a serial number is there twice.", code="serial_twice", field="lines")
        coming[place] = coming.get(place, Decimal(0)) + number(line, "quantity") - number(line, "rejected")
    for place, quantity in coming.items():
        most = number(ordered[place], "quantity") * (1 + order.supplier.over_percent / 100)
        if done[place].accepted + quantity > most:
            raise Refused(
                f"Line {place}: {plain_number(done[place].accepted + quantity)} would be in, "
                f"{ordered[place]['quantity']} ordered. Revise the order, or reject what is too much.",
                code="over_receipt",
                field="lines",
            )


def _accepted_in(receipt: Receipt, place: int) -> Decimal:
    """What of an order line this receipt brought and still holds."""
    brought = sum(
        (number(one, "quantity") - number(one, "rejected") for one in receipt.lines if one["line"] == place), Decimal(0)
    )
    return brought - sum((number(one, "quantity") for one in receipt.returned if one["line"] == place), Decimal(0))


def return_goods(receipt: Receipt, *, line: int, quantity: Decimal, reason: str, lot: str = "", actor: Any) -> Receipt:
    """Accepted goods go back; the order line is open again and the supplier owes what was invoiced for them."""
    with transaction.atomic():
        found = locked(receipt, Receipt.State.POSTED)
        order = locked(found.order)
        held = _accepted_in(found, line)
        if quantity <= 0 or quantity > held:
            raise Refused(
                f"Line {line}: {plain_number(held)} of this receipt can go back.", code="return", field="quantity"
            )
        row = {"line": line, "quantity": plain_number(quantity), "reason": reason} | ({"lot": lot} if lot else {})
        credit = quantity * number(by_number(order.lines)[line], "price")
        changed = write.change(
            found,
            {"returned": [*found.returned, row]},
            actor=actor,
            fact=events.GoodsReturned,
            order_id=order.pk,
            line=line,
            quantity=plain_number(quantity),
            credit=plain_number(credit),
            reason=reason,
        )
        flow = _flow(changed, row, Kind.RETURNED, quantity)
        flow.day = timezone.localdate()
        flow.save(force_insert=True)
        stock.send_back(changed, place=line, quantity=quantity, lot=lot, actor=actor)
        if order.state == Order.State.CLOSED:
            funds.encumber(order, actor=actor)
        return changed


def reverse_receipt(receipt: Receipt, *, reason: str, actor: Any) -> Receipt:
    """Take a wrong posting back as a whole, while its goods are neither returned nor invoiced."""
    with transaction.atomic():
        found = locked(receipt, Receipt.State.POSTED)
        order = locked(found.order, Order.State.PLACED)
        if found.returned:
            raise Refused("Some of it went back to the supplier already.", code="returned")
        done = queries.progress(order)
        for line in found.lines:
            place = int(line["line"])
            if done[place].accepted - _accepted_in(found, place) < done[place].invoiced:
                raise Refused(f"Line {place} of it is invoiced. Return the goods instead.", code="invoiced")
        changed = write.change(found, {"state": Receipt.State.REVERSED}, actor=actor, fact=events.ReceiptChanged)
        Flow.objects.bulk_create(flows_of(changed, sign=-1))
        stock.take_back(changed, reason=reason, actor=actor)
        emit(
            events.OrderMoved(
                subject=order.subject(),
                departments=order.departments_concerned(),
                title=str(order),
                changes={"receipt": [changed.code, None]},
                state=str(order.state),
                reason=reason,
            ),
            actor=actor,
        )
        return changed
