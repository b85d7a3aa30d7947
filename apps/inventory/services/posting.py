"""Writes the stock ledger: every move checked before, and by the database itself; each told as one fact."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.log import emit_many
from apps.core.models import snapshot
from apps.inventory import events, units
from apps.inventory.models import CountLine, Item, Level, Location, Lot, Move

Kind = Move.Kind
FACTS: Mapping[str, type[events.StockFact]] = {
    Kind.RECEIVE: events.StockReceived,
    Kind.RETURN: events.StockReturned,
    Kind.ISSUE: events.StockIssued,
    Kind.TRANSFER: events.StockTransferred,
    Kind.SCRAP: events.StockScrapped,
    Kind.ADJUST: events.StockAdjusted,
    Kind.COUNT: events.StockAdjusted,
    Kind.CONSUME: events.StockConsumed,
    Kind.PRODUCE: events.StockProduced,
    Kind.REVERSE: events.StockReversed,
}
USES = (Kind.ISSUE, Kind.CONSUME)  # what a held or expired lot is not for
LOWEST = """
SELECT min(running) FROM (
    SELECT effective_at, id, sum(CASE WHEN to_location_id = %(at)s THEN quantity ELSE -quantity END)
           OVER (ORDER BY effective_at, id) AS running
    FROM inventory_move
    WHERE item_id = %(item)s AND lot_id IS NOT DISTINCT FROM %(lot)s AND %(at)s IN (from_location_id, to_location_id)
) history WHERE effective_at >= %(since)s
"""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A move before it is written; quantity in the item's own unit."""

    kind: str
    item: Item
    source: Location
    target: Location
    quantity: Decimal
    entered: Decimal
    unit: str
    lot: Lot | None = None
    unit_cost: Decimal | None = None
    document: str = ""
    line: str = ""
    reason: str = ""
    effective_at: datetime | None = None
    batch: uuid.UUID | None = None
    reverses: Move | None = None


def post(drafts: list[Draft], *, actor: Any) -> list[Move]:
    """Writes the moves and tells each; the database keeps the levels and refuses what would make one negative."""
    now = timezone.now()
    moves = [_move(one, now, actor) for one in drafts]
    serials = [one for one in drafts if one.lot is not None and one.lot.serial and not one.source.is_held]
    try:
        with transaction.atomic():
            _lock_items(serials)
            # Told before they are written, under numbers taken ahead: writing locks the level of the item until the
            # transaction ends, and everybody else who moves it waits.
            for move, key in zip(moves, _numbers(len(moves)), strict=True):
                move.pk = key
            emit_many([_fact(draft, move) for draft, move in zip(drafts, moves, strict=True)], actor=actor)
            Move.objects.bulk_create(moves)
            _refuse_twice(serials)
            for draft, move in zip(drafts, moves, strict=True):
                if draft.effective_at is not None and draft.effective_at < now:
                    _check_history(draft, move)
    except IntegrityError as error:
        raise _refusal(error, drafts) from error
    return moves


def _lock_items(serials: list[Draft]) -> None:
    keys = sorted({one.item.pk for one in serials})
    if keys:
        list(Item.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys).order_by("pk"))


def _refuse_twice(serials: list[Draft]) -> None:
    """A serial number is one piece at one place, whichever way it came in."""
    lots = [one.lot for one in serials]
    if not lots:
        return
    with scope.system("the piece may stand at another department"):
        there = Level.objects.filter(lot__in=lots, quantity__gt=0).values("lot", "lot__number")
        twice = there.annotate(all=Sum("quantity")).filter(all__gt=1).order_by("lot").first()
    if twice is not None:
        raise Refused(
            f"Serial number {twice['lot__number']} is in stock already.", code="serial_in_stock", field="serials"
        )


def _numbers(many: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('inventory_move_id_seq') FROM generate_series(1, %s)", [many])
        return [key for (key,) in cursor.fetchall()]


def _move(draft: Draft, now: datetime, actor: Any) -> Move:
    _check(draft, now)
    ours = draft.source if draft.source.is_held else draft.target
    theirs = draft.target if draft.target.is_held else draft.source
    if draft.unit_cost is not None and not 0 <= draft.unit_cost < units.MOST:
        raise Refused("A cost is zero or more.", code="cost", field="unit_cost")
    return Move(
        kind=draft.kind,
        item=draft.item,
        lot=draft.lot,
        from_location=draft.source,
        to_location=draft.target,
        department_id=ours.department_id,
        to_department_id=theirs.department_id,
        quantity=draft.quantity,
        entered=draft.entered,
        unit=draft.unit,
        unit_cost=draft.unit_cost,
        document=draft.document,
        line=draft.line,
        batch=draft.batch,
        reason=draft.reason,
        effective_at=draft.effective_at or now,
        created_at=now,
        actor=actor if isinstance(actor, User) else None,
        reverses=draft.reverses,
    )


def _check(draft: Draft, now: datetime) -> None:
    lot = draft.lot
    if not draft.source.is_held and not draft.target.is_held:
        raise Refused("One end of a move is a place of ours.", code="not_held", field="location")
    if draft.source == draft.target:
        raise Refused("A move goes from one place to another.", code="same_place", field="to_location")
    for place in (draft.source, draft.target):
        if place.archived_at is not None:
            raise Refused(f"{place} is archived.", code="archived", field="location")
    if draft.effective_at is not None and draft.effective_at > now:
        raise Refused("A move is dated now or earlier.", code="future", field="effective_at")
    if lot is not None and lot.item_id != draft.item.pk:
        raise Refused(f"{lot} is of another item.", code="no_lot", field="lot_number")
    if lot is not None and lot.serial and draft.quantity != 1:
        raise Refused("A serial number is one piece.", code="serials", field="quantity")
    if lot is not None and draft.kind in USES:
        if lot.status != Lot.Status.RELEASED:
            raise Refused(f"{lot} is held: {lot.reason}. Release it first.", code="held", field="lot_number")
        if lot.expires_on is not None and lot.expires_on < timezone.localdate():
            raise Refused(f"{lot} expired on {lot.expires_on}.", code="expired", field="lot_number")


def _check_history(draft: Draft, move: Move) -> None:
    """A move dated earlier must not come before a count, nor make the stock of any later moment negative."""
    for place in (draft.source, draft.target):
        if not place.is_held:
            continue
        counted = CountLine.objects.filter(
            count__location=place, count__state="closed", item=draft.item, found_at__gte=move.effective_at
        )
        if counted.exists():
            raise Refused(
                f"{draft.item.code} was counted at {place.code} after that time. Date the move after the count.",
                code="counted",
                field="effective_at",
            )
    if not draft.source.is_held or draft.source.negative_allowed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            LOWEST,
            {"at": draft.source.pk, "item": draft.item.pk, "lot": move.lot_id, "since": move.effective_at},
        )
        (lowest,) = cursor.fetchone()
    if lowest is not None and lowest < 0:
        raise Refused(
            f"At that time there were {-lowest.normalize():f} {draft.item.unit} too few at {draft.source.code}.",
            code="not_enough",
            field="effective_at",
        )


def _refusal(error: IntegrityError, drafts: list[Draft]) -> Refused:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    draft = drafts[0]
    if name == "stock is never negative":
        return Refused(
            f"There is not enough {draft.item.code} at {draft.source.code}. See the stock of the item.",
            code="not_enough",
            field="quantity",
        )
    if name == "closed periods take no moves":
        return Refused(
            "That day is closed for the place. Date the move after the closed period.",
            code="closed",
            field="effective_at",
        )
    if "reverses" in name:
        return Refused("This move is reversed already.", code="reversed")
    raise error


def _fact(draft: Draft, move: Move) -> events.StockFact:
    extra: dict[str, Any] = (
        {"reverses_id": draft.reverses.pk, "reason": draft.reason} if draft.reverses is not None else {}
    )
    return FACTS[draft.kind](
        subject=move.subject(),
        departments=move.departments_concerned(),
        title=str(move),
        values=snapshot(move),
        kind=str(draft.kind),
        item_id=draft.item.pk,
        item=draft.item.code,
        quantity=move.quantity,
        lot_id=move.lot_id,
        from_location_id=draft.source.pk,
        to_location_id=draft.target.pk,
        document=move.document,
        **extra,
    )
