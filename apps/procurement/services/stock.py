"""Goods of purchases in the stock ledger: accepted ones at a place, rejected ones held for inspection, returns out again."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from apps.budgets.queries import converted
from apps.core.errors import Refused
from apps.inventory import queries as stock_queries
from apps.inventory import services as inventory
from apps.inventory.models import Item, Location, Move
from apps.org import queries as org
from apps.org.models import Department
from apps.procurement.lines import Line, by_number, number
from apps.procurement.models import Receipt
from apps.procurement.services.moving import tell_planning

Kind = Location.Kind


def item_of(part: str) -> Item | None:
    """The stock item a part number names; a service or a part nobody stocks has none."""
    return Item.objects.filter(code=part, archived_at__isnull=True).first() if part else None


def nearest(department: Department, kind: str) -> Location | None:
    """The first place of this kind in the department or above it."""
    chain = [one.pk for one in org.chain(department)]
    found = Location.objects.filter(department__in=chain, kind=kind, archived_at__isnull=True)
    return min(found, key=lambda one: (chain.index(one.department_id), one.code), default=None)


def receive(receipt: Receipt, *, actor: Any) -> None:
    """Every line that names an item moves from the supplier; what is rejected waits apart for inspection."""
    ordered = by_number(receipt.order.lines)
    for line in receipt.lines:
        bought = ordered[int(line["line"])]
        item = item_of(bought.get("part", ""))
        if item is None:
            continue
        rejected = number(line, "rejected")
        accepted = number(line, "quantity") - rejected
        serials = [one for one in str(line.get("serials", "")).replace(",", " ").split() if one]
        count = int(stock_queries.to_base(item, accepted, bought.get("unit") or item.unit)) if accepted else 0
        if accepted:
            place = receipt.place or nearest(receipt.department, Kind.STOCK)
            if place is None:
                raise Refused(
                    f"{item.code} is kept in stock. Choose the place it goes to.", code="no_place", field="place"
                )
            _receive(receipt, line, item, place, quantity=accepted, serials=serials[:count], actor=actor)
        apart = nearest(receipt.department, Kind.INSPECTION)
        if rejected and apart is not None:
            _receive(receipt, line, item, apart, quantity=rejected, serials=serials[count:], actor=actor)
    tell_planning(receipt.order.requisition, actor=actor)


def _receive(
    receipt: Receipt,
    line: Line,
    item: Item,
    place: Location,
    *,
    quantity: Decimal,
    serials: list[str],
    actor: Any,
) -> None:
    bought = by_number(receipt.order.lines)[int(line["line"])]
    unit = bought.get("unit") or item.unit
    day = receipt.received_on or timezone.localdate()
    # The ledger's costs are in the item's own currency.
    worth = converted(quantity * number(bought, "price"), receipt.order.currency, item.currency, day)
    extra: dict[str, Any] = {}
    if day < timezone.localdate():
        extra["effective_at"] = timezone.make_aware(datetime.combine(day, time(12)))
    inventory.receive_stock(
        item=item,
        to=place,
        quantity=quantity,
        unit=unit,
        unit_cost=round(worth / stock_queries.to_base(item, quantity, unit), 6),
        lot_number=line.get("lot", ""),
        serials=serials,
        expires_on=date.fromisoformat(line["expires_on"]) if line.get("expires_on") else None,
        document=receipt.subject(),
        line=str(line["line"]),
        actor=actor,
        **extra,
    )


def send_back(receipt: Receipt, *, place: int, quantity: Decimal, lot: str = "", actor: Any) -> None:
    """Out of where this receipt put the goods, less what went back before; tracked ones leave as the lots they came in."""
    bought = by_number(receipt.order.lines)[place]
    item = item_of(bought.get("part", ""))
    tell_planning(receipt.order.requisition, actor=actor)
    if item is None:
        return
    left = stock_queries.to_base(item, quantity, bought.get("unit") or item.unit)
    gone = _gone(receipt, place)
    brought = [one for one in _moves(receipt).filter(line=str(place)) if is_accepted(receipt, one)]
    for move in brought:
        if lot and (move.lot is None or move.lot.number != lot):
            continue
        key = (move.to_location_id, move.lot_id)
        before = min(gone.get(key, Decimal(0)), move.quantity)
        gone[key] = gone.get(key, Decimal(0)) - before
        part = min(left, move.quantity - before)
        if part > 0:
            inventory.return_stock(
                item=item,
                at=move.to_location,
                quantity=part,
                lot=move.lot,
                document=receipt.subject(),
                line=str(place),
                actor=actor,
            )
            left -= part
    if left and brought:
        raise Refused(
            f"Of lot {lot} this receipt has not brought so much." if lot else "This receipt has not brought so much.",
            code="no_lot",
            field="lot",
        )


def is_accepted(receipt: Receipt, move: Move) -> bool:
    """Whether the move brought good goods: to the place of the receipt, else to stock. Rejected ones wait apart."""
    if receipt.place_id is not None:
        return move.to_location_id == receipt.place_id
    return bool(move.to_location.kind == Kind.STOCK)


def _gone(receipt: Receipt, place: int) -> dict[tuple[int, int | None], Decimal]:
    """What went back of this receipt's line by place and lot."""
    back = Move.objects.filter(
        document=receipt.subject(), line=str(place), kind=Move.Kind.RETURN, reversed_by__isnull=True
    )
    rows = back.values_list("from_location_id", "lot_id").annotate(sum=Sum("quantity"))
    return {(source, lot): quantity for source, lot, quantity in rows.order_by()}


def take_back(receipt: Receipt, *, reason: str, actor: Any) -> None:
    for move in _moves(receipt):
        inventory.reverse_move(move, reason=reason, actor=actor)
    tell_planning(receipt.order.requisition, actor=actor)


def _moves(receipt: Receipt) -> Any:
    found = Move.objects.filter(document=receipt.subject(), kind=Move.Kind.RECEIVE)
    return found.select_related("item", "lot", "to_location", "from_location").order_by("-pk")
