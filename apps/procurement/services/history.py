"""Orders that were made elsewhere: brought in with what came of them, without asking anybody and without moving stock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import transaction

from apps.core.access.rights import require
from apps.core.errors import Refused
from apps.core.events.log import emit_many
from apps.core.models import snapshot
from apps.core.records import write
from apps.core.records.numbering import next_numbers
from apps.core.records.searching import entry_for, index_many
from apps.core.values import Money
from apps.org.models import Department
from apps.procurement import events, queries
from apps.procurement.lines import Line
from apps.procurement.models import Flow, Order, Receipt
from apps.procurement.services import funds
from apps.procurement.services.common import at_home, locked
from apps.procurement.services.receipts import flows_of

State = Order.State
BATCH = 1000


@dataclass(frozen=True)
class Delivered:
    """What of one line came in on a day."""

    day: date
    note: str
    line: Line


@dataclass(frozen=True)
class PastOrder:
    """An order as another system knew it."""

    values: dict[str, Any]
    lines: list[Line]
    came: list[Delivered] = field(default_factory=list)


class AtOrder(Exception):
    """A refusal that knows which order it is about."""

    def __init__(self, code: str, refused: Refused) -> None:
        super().__init__(refused.message)
        self.code, self.refused = code, refused


def bring_in(found: list[PastOrder], *, actor: Any, dry: bool = False) -> list[int]:
    """All orders with their receipts, or none; open ones bind their money in the budget."""
    with transaction.atomic():
        homes: dict[int, str] = {}
        rates: dict[tuple[int, str, date], Decimal | None] = {}
        orders = [_order(one, actor, homes, rates) for one in found]
        Order.objects.bulk_create(orders, batch_size=BATCH)
        receipts = [one for order, past in zip(orders, found, strict=True) for one in _receipts(order, past, actor)]
        if receipts:
            for receipt, number in zip(receipts, next_numbers("goods_receipt", len(receipts)), strict=True):
                receipt.code = f"GR{number}"
        Receipt.objects.bulk_create(receipts, batch_size=BATCH)
        Flow.objects.bulk_create([flow for one in receipts for flow in flows_of(one)], batch_size=BATCH)
        if not dry:
            _tell(orders, receipts, actor)
        for order in orders:
            if order.state == State.PLACED:
                _bind(order, actor)
        if dry:
            transaction.set_rollback(True)
        return [one.pk for one in orders]


def _order(
    past: PastOrder, actor: Any, homes: dict[int, str], rates: dict[tuple[int, str, date], Decimal | None]
) -> Order:
    order = Order(buyer=actor, lines=past.lines, **past.values)
    if order.state in {State.PLACED, State.CLOSED}:
        order.approved_lines = order.lines
    if order.ordered_on:
        try:
            order.rate = _rate(order.department, order.currency, order.ordered_on, homes, rates)
        except Refused as error:
            raise AtOrder(order.code, error) from error
    return order


def _rate(
    department: Department,
    currency: str,
    on: date,
    homes: dict[int, str],
    rates: dict[tuple[int, str, date], Decimal | None],
) -> Decimal | None:
    home = homes.get(department.pk) or homes.setdefault(department.pk, queries.home_currency(department))
    if home == currency:
        return Decimal(1)
    key = (department.pk, currency, on)
    if key not in rates:
        much = Money(Decimal(1_000_000), currency).amount
        rates[key] = round(at_home(department, much, currency, on) / much, 8)
    return rates[key]


def _receipts(order: Order, past: PastOrder, actor: Any) -> Iterable[Receipt]:
    """One receipt per day and delivery note."""
    came = sorted(past.came, key=lambda one: (one.day, one.note))
    for (day, note), some in groupby(came, key=lambda one: (one.day, one.note)):
        yield Receipt(
            order=order,
            department=order.department,
            received_on=day,
            delivery_note=note,
            lines=[one.line for one in some],
            received_by=actor,
        )


def _tell(orders: list[Order], receipts: list[Receipt], actor: Any) -> None:
    """One fact per record and its place in search; rules about new orders or deliveries are not woken by old ones."""
    facts = [_fact(events.OrderBroughtIn, one) for one in orders]
    emit_many(facts + [_fact(events.ReceiptBroughtIn, one) for one in receipts], actor=actor)
    entries = [entry_for(one) for one in (*orders, *receipts)]
    known = [one for one in entries if one is not None]
    for at in range(0, len(known), BATCH):
        index_many(known[at : at + BATCH])


def _fact(kind: Any, record: Order | Receipt) -> Any:
    return kind(
        subject=record.subject(),
        departments=record.departments_concerned(),
        title=str(record)[:200],
        values=snapshot(record),
    )


def _bind(order: Order, actor: Any) -> None:
    try:
        funds.encumber(order, actor=actor)
    except Refused as error:
        raise AtOrder(order.code, error) from error


def take_back(keys: list[int], *, actor: Any) -> int:
    """The undo of a file: its receipts are turned around, its money freed; the numbers are free again."""
    with transaction.atomic():
        for key in keys:
            order = locked(Order.objects.get(pk=key))
            require(actor, "purchase_order", "x", order)
            receipts = list(Receipt.objects.filter(order=order, state=Receipt.State.POSTED))
            if order.version != 1 or order.invoices.exists() or any(one.version != 1 for one in receipts):
                raise Refused(
                    f"{order.code} was worked with after the import, so the import cannot be undone.",
                    code="changed_since",
                )
            for one in receipts:
                changed = write.change(one, {"state": Receipt.State.REVERSED}, actor=actor, fact=events.ReceiptChanged)
                Flow.objects.bulk_create(flows_of(changed, sign=-1))
            funds.release(order, actor=actor)
            values = {"state": State.CANCELLED, "code": f"UNDONE-{order.pk}", "note": f"Undone import of {order.code}"}
            moved = write.change(order, values, actor=actor, fact=events.OrderChanged)
            write.archive(moved, actor=actor, fact=events.OrderChanged)
    return len(keys)
