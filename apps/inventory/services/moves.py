"""The verbs of stock: receive, issue, transfer, scrap, adjust, produce and reverse, each as moves between two ends."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.core.errors import Refused
from apps.inventory import units
from apps.inventory.models import Item, Level, Location, Lot, Move
from apps.inventory.services.items import lot_of, outside
from apps.inventory.services.posting import USES, Draft, Kind, post


def receive_stock(
    *,
    item: Item,
    to: Location,
    quantity: Decimal,
    unit: str | None = None,
    unit_cost: Decimal | None = None,
    lot_number: str = "",
    serials: Iterable[str] = (),
    expires_on: date | None = None,
    actor: Any,
    **common: Any,
) -> list[Move]:
    """From the supplier's end into a place of ours; a cost is of one base unit, the standard cost when left out."""
    base, cost = _amount(item, quantity, unit), item.standard_cost if unit_cost is None else unit_cost
    common |= {
        "kind": Kind.RECEIVE,
        "item": item,
        "source": outside("supplier", to),
        "target": to,
        "unit_cost": cost,
    }
    return _come_in(base, quantity, unit, (lot_number, serials, expires_on), actor=actor, common=common)


def _come_in(
    base: Decimal,
    entered: Decimal,
    unit: str | None,
    lots: tuple[str, Iterable[str], date | None],
    *,
    actor: Any,
    common: dict[str, Any],
) -> list[Move]:
    """One move, or one for each serial number."""
    item: Item = common["item"]
    lot_number, serials, expires_on = lots
    with transaction.atomic():
        numbers = [one.strip() for one in serials if one.strip()]
        if item.tracking == Item.Tracking.SERIAL:
            found = _new_serials(item, numbers or ([lot_number] if lot_number else []), base, expires_on, actor)
            one = Decimal(1)
            drafts = [Draft(quantity=one, entered=one, unit=item.unit, lot=lot, **common) for lot in found]
        else:
            lot = _lot_in(item, lot_number, expires_on, actor)
            drafts = [Draft(quantity=base, entered=entered, unit=unit or item.unit, lot=lot, **common)]
        return post(drafts, actor=actor)


def _new_serials(item: Item, numbers: list[str], base: Decimal, expires_on: date | None, actor: Any) -> list[Lot]:
    if base != len(numbers):
        raise Refused(
            f"{item.code} is kept by serial number: give {base.normalize():f} numbers, not {len(numbers)}.",
            code="serials",
            field="serials",
        )
    if len(set(numbers)) != len(numbers):
        raise Refused("A serial number is given twice.", code="serial_twice", field="serials")
    Item.objects.select_for_update(of=("self",), no_key=True).get(pk=item.pk)
    lots = [lot_of(item, one, expires_on=expires_on, serial=True, actor=actor) for one in numbers]
    there = Level.objects.filter(lot__in=lots, quantity__gt=0).select_related("lot", "location").first()
    if there is not None and there.lot is not None:
        raise Refused(
            f"Serial number {there.lot.number} is in stock at {there.location.code} already.",
            code="serial_in_stock",
            field="serials",
        )
    return lots


def _lot_in(item: Item, number: str, expires_on: date | None, actor: Any) -> Lot | None:
    if item.tracking == Item.Tracking.NONE:
        if number:
            raise Refused(f"{item.code} is not kept by lot. Leave the lot empty.", code="no_lots", field="lot_number")
        return None
    if not number.strip():
        raise Refused(f"{item.code} is kept by lot. Enter the lot number.", code="lot_missing", field="lot_number")
    serial = item.tracking == Item.Tracking.SERIAL
    return lot_of(item, number, expires_on=expires_on, serial=serial, actor=actor)


def return_stock(*, item: Item, at: Location, actor: Any, **values: Any) -> list[Move]:
    """Back to the supplier's end; held lots may go back."""
    return _go_out(Kind.RETURN, item, at, outside("supplier", at), actor=actor, **values)


def issue_stock(*, item: Item, at: Location, to: Location | None = None, actor: Any, **values: Any) -> list[Move]:
    """To the customer's end. Without a lot, the lots that expire first go first (FEFO)."""
    return _go_out(Kind.ISSUE, item, at, to or outside("customer", at), actor=actor, **values)


def scrap_stock(*, item: Item, at: Location, reason: str, actor: Any, **values: Any) -> list[Move]:
    if not reason.strip():
        raise Refused("Say why it is scrapped.", code="required", field="reason")
    return _go_out(Kind.SCRAP, item, at, outside("scrap", at), reason=reason, actor=actor, **values)


def transfer_stock(*, item: Item, at: Location, to: Location, actor: Any, **values: Any) -> list[Move]:
    """Between two of our own places."""
    if not to.is_held:
        raise Refused(
            f"{to} is no place of ours. Issue or scrap the stock instead.", code="not_held", field="to_location"
        )
    return _go_out(Kind.TRANSFER, item, at, to, actor=actor, **values)


def adjust_stock(
    *, item: Item, at: Location, quantity: Decimal, reason: str, up: bool, actor: Any, kind: str = Kind.ADJUST,
    lot_number: str = "", lot: Lot | None = None, **values: Any,
) -> list[Move]:  # fmt: skip
    """Brings the ledger to what is really there, with the reason."""
    if not reason.strip():
        raise Refused("Say why the stock is adjusted.", code="required", field="reason")
    end = outside("adjust", at)
    if not up:
        return _go_out(
            kind, item, at, end, quantity=quantity, lot=lot, lot_number=lot_number, reason=reason, actor=actor, **values
        )
    base, unit = _amount(item, quantity, values.get("unit")), values.pop("unit", None)
    with transaction.atomic():
        found = lot or _lot_in(item, lot_number, values.pop("expires_on", None), actor)
        draft = Draft(
            kind=kind, item=item, source=end, target=at, quantity=base, entered=quantity, unit=unit or item.unit, lot=found,
            unit_cost=item.standard_cost, reason=reason, **values,
        )  # fmt: skip
        return post([draft], actor=actor)


def _go_out(
    kind: str,
    item: Item,
    source: Location,
    target: Location,
    *,
    quantity: Decimal,
    unit: str | None = None,
    lot: Lot | None = None,
    lot_number: str = "",
    actor: Any,
    **common: Any,
) -> list[Move]:
    base = _amount(item, quantity, unit)
    draft = Draft(
        kind=kind, item=item, source=source, target=target, quantity=base, entered=quantity, unit=unit or item.unit, **common
    )  # fmt: skip
    if item.tracking == Item.Tracking.NONE:
        return post([draft], actor=actor)
    with transaction.atomic():
        Item.objects.select_for_update(of=("self",), no_key=True).get(pk=item.pk)
        if lot is None and lot_number:
            lot = Lot.objects.filter(item=item, number=lot_number.strip()).first()
            if lot is None:
                raise Refused(f"{item.code} has no lot {lot_number}.", code="no_lot", field="lot_number")
        return post(_allotted(draft) if lot is None else [replace(draft, lot=lot)], actor=actor)


def _allotted(draft: Draft) -> list[Draft]:
    """Takes from the lots that expire first; for use only released ones that have not expired."""
    levels = Level.objects.filter(item=draft.item, location=draft.source, quantity__gt=0, lot__isnull=False)
    if draft.kind in USES:
        today = timezone.localdate()
        fresh = Q(lot__expires_on__isnull=True) | Q(lot__expires_on__gte=today)
        levels = levels.filter(fresh, lot__status=Lot.Status.RELEASED)
    left, found = draft.quantity, []
    for level in levels.select_related("lot").order_by(F("lot__expires_on").asc(nulls_last=True), "lot_id"):
        taken = min(left, level.quantity)
        found.append(replace(draft, lot=level.lot, quantity=taken, entered=taken, unit=draft.item.unit))
        left -= taken
        if not left:
            return found
    have = draft.quantity - left
    raise Refused(
        f"Only {have.normalize():f} {draft.item.unit} of {draft.item.code} at {draft.source.code} can be used.",
        code="not_enough",
        field="quantity",
    )


def produce_stock(
    *,
    item: Item,
    to: Location,
    quantity: Decimal,
    consumes: Iterable[Mapping[str, Any]],
    unit: str | None = None,
    lot_number: str = "",
    serials: Iterable[str] = (),
    expires_on: date | None = None,
    unit_cost: Decimal | None = None,
    actor: Any,
    **common: Any,
) -> list[Move]:
    """Material into one product: all moves carry one batch, which is how lots are traced up and down."""
    batch, end = uuid.uuid4(), outside("production", to)
    base, cost = _amount(item, quantity, unit), item.standard_cost if unit_cost is None else unit_cost
    with transaction.atomic():
        made: list[Move] = []
        for place, one in sorted(enumerate(consumes), key=lambda part: part[1]["item"].pk):
            given = {key: value for key, value in one.items() if key not in ("item", "at")}
            with _naming(place):
                made += _go_out(Kind.CONSUME, one["item"], one["at"], end, batch=batch, actor=actor, **given, **common)
        product = common | {
            "kind": Kind.PRODUCE,
            "item": item,
            "source": end,
            "target": to,
            "unit_cost": cost,
            "batch": batch,
        }
        return made + _come_in(base, quantity, unit, (lot_number, serials, expires_on), actor=actor, common=product)


@contextmanager
def _naming(place: int) -> Iterator[None]:
    """A refusal about a component says which one: `consumes.0.quantity`."""
    try:
        yield
    except Refused as refusal:
        refusal.field = f"consumes.{place}.{refusal.field or 'item'}"
        raise


def reverse_production(move: Move, *, reason: str, actor: Any) -> list[Move]:
    """The whole production a move belongs to is taken back, product first; what was reversed alone before stays so."""
    if move.batch is None or move.kind == Kind.REVERSE:
        raise Refused("This move is no part of a production.", code="no_production")
    with transaction.atomic():
        found = Move.objects.filter(batch=move.batch, reversed_by__isnull=True).exclude(kind=Kind.REVERSE)
        moves = list(found.select_related("item", "lot", "from_location", "to_location").order_by("-id"))
        if not moves:
            raise Refused("This production is reversed already.", code="reversed")
        return [reverse_move(one, reason=reason, actor=actor) for one in moves]


def reverse_move(move: Move, *, reason: str, actor: Any) -> Move:
    """The mirror of a move, dated now; a move is reversed once, a reversal never."""
    if move.kind == Kind.REVERSE:
        raise Refused("A reversal is not reversed. Write the move again.", code="is_reversal")
    with transaction.atomic():
        if Move.objects.filter(reverses=move).exists():
            raise Refused(f"{move} is reversed already.", code="reversed")
        draft = Draft(
            kind=Kind.REVERSE, item=move.item, source=move.to_location, target=move.from_location, quantity=move.quantity,
            entered=move.entered, unit=move.unit, lot=move.lot, unit_cost=move.unit_cost, document=move.document,
            line=move.line, reason=reason, batch=move.batch, reverses=move,
        )  # fmt: skip
        return post([draft], actor=actor)[0]


def _amount(item: Item, quantity: Decimal, unit: str | None) -> Decimal:
    if item.archived_at is not None:
        raise Refused(f"{item.code} is archived. Restore it first.", code="archived", field="item")
    return units.to_base(quantity, unit or item.unit, item.unit, item.packs)


def record_move(*, kind: str, item: Item, location: Location, actor: Any, **values: Any) -> Move:
    """One door for people, files and programs: the kind says which ends a move has. Returns the first move written."""
    given = {name: value for name, value in values.items() if value not in (None, "", [])}
    to, reason = given.pop("to_location", None), given.pop("reason", "")
    out = {name: value for name, value in given.items() if name not in ("unit_cost", "serials", "expires_on")}
    match kind:
        case "receive":
            return receive_stock(item=item, to=location, reason=reason, actor=actor, **given)[0]
        case "transfer":
            if to is None:
                raise Refused("Say where it goes.", code="required", field="to_location")
            return transfer_stock(item=item, at=location, to=to, reason=reason, actor=actor, **out)[0]
        case "scrap":
            return scrap_stock(item=item, at=location, reason=reason, actor=actor, **out)[0]
        case "return":
            return return_stock(item=item, at=location, reason=reason, actor=actor, **out)[0]
        case "adjust_up" | "adjust_down":
            return adjust_stock(item=item, at=location, reason=reason, up=kind == "adjust_up", actor=actor, **out)[0]
    return issue_stock(item=item, at=location, reason=reason, actor=actor, **out)[0]
