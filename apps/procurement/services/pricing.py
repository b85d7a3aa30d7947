"""Goods that were invoiced at another price than they were received at: stock gets the price it was really bought at."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.budgets.queries import converted
from apps.core.access import scope
from apps.inventory import queries as stock_queries
from apps.inventory import services as inventory
from apps.inventory.models import Item, Move
from apps.procurement import queries
from apps.procurement.lines import Line, by_number, number
from apps.procurement.models import Invoice, Order, Receipt
from apps.procurement.services.stock import is_accepted, item_of

CENT = Decimal("0.01")


def revalue(invoice: Invoice, orders: dict[str, Order], *, actor: Any) -> None:
    """Before its flows are written: what was invoiced earlier belongs to what came in first."""
    if invoice.kind == Invoice.Kind.CREDIT:
        return
    with scope.system("the goods may lie above the buyer's reach"):
        done = queries.progress_of(orders.values())
        for line in invoice.lines:
            order = orders[line["order"]]
            place = int(line["line"])
            ordered = by_number(order.lines)[place]
            item = item_of(ordered.get("part", ""))
            if item is None:
                continue
            earlier = Decimal(0)
            if invoice.kind == Invoice.Kind.INVOICE:
                key = (order.pk, place)
                earlier = done.get(key, queries.Progress()).invoiced
                done[key] = _and(done.get(key, queries.Progress()), number(line, "quantity"))
            unit = ordered.get("unit") or item.unit
            # Amounts of another currency were rounded to whole cents, which is no difference of price.
            idle = Decimal(0) if order.currency == item.currency else CENT
            for move, quantity in _received((order, place), item, unit, earlier, number(line, "quantity")):
                each = _each(invoice, order, line, unit, move)
                if abs(each * quantity) > idle:
                    inventory.revalue_stock(
                        move, quantity=quantity, each=each, document=invoice.subject(), actor=actor
                    )  # fmt: skip


def _and(done: queries.Progress, quantity: Decimal) -> queries.Progress:
    return queries.Progress(done.received, done.rejected, done.returned, done.invoiced + quantity, done.paid)


def _received(
    at: tuple[Order, int], item: Item, unit: str, earlier: Decimal, quantity: Decimal
) -> Iterator[tuple[Move, Decimal]]:
    """Moves of the goods an invoice is for, oldest first, each with how much of it, in the item's own unit."""
    order, place = at
    receipts = {one.subject(): one for one in Receipt.objects.filter(order=order, state=Receipt.State.POSTED)}
    found = Move.objects.filter(document__in=list(receipts), line=str(place), kind=Move.Kind.RECEIVE, item=item)
    moves = [
        one
        for one in found.select_related("item", "to_location").order_by("pk")
        if is_accepted(receipts[one.document], one)
    ]
    passed = stock_queries.to_base(item, earlier, unit) if earlier > 0 else Decimal(0)
    left = stock_queries.to_base(item, quantity, unit)
    for move in moves:
        skipped = min(passed, move.quantity)
        passed -= skipped
        part = min(move.quantity - skipped, left)
        left -= part
        if part > 0:
            yield move, part


def _each(invoice: Invoice, order: Order, line: Line, unit: str, move: Move) -> Decimal:
    """What one piece costs more, at the rate of the day it came: a rate that moved since is no difference of price."""
    day = timezone.localdate(move.effective_at)
    many = move.quantity / stock_queries.to_base(move.item, Decimal(1), unit)

    def cost(price: Decimal) -> Decimal:
        whole: Decimal = converted(many * price, order.currency, move.item.currency, day)
        return Decimal(round(whole / move.quantity, 6))

    if invoice.kind == Invoice.Kind.PRICE:
        return -cost(number(line, "price"))
    return cost(number(line, "price")) - (move.unit_cost or Decimal(0))
