"""The writers of items, places and lots."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.core.values import Money
from apps.inventory import events, gs1, units
from apps.inventory.models import Item, Level, Location, Lot, Move
from apps.org.models import Department


def set_item(*, actor: Any, **values: Any) -> Item:
    """A new item; its unit is what the ledger counts in."""
    values["gtin"] = _gtin(values.get("gtin", ""))
    values["packs"] = units.check_packs(values.get("packs") or {}, values.get("unit", "pcs"))
    values["code"] = values.get("code") or f"I{next_number('item')}"
    Money.zero(values.get("currency", "EUR"))
    return write.create(Item(**values), actor=actor, fact=events.ItemSet)


def change_item(item: Item, *, actor: Any, version: int | None = None, **values: Any) -> Item:
    """Unit, tracking and currency stay once the ledger knows the item: its figures would mean something else."""
    if "gtin" in values:
        values["gtin"] = _gtin(values["gtin"])
    if "packs" in values:
        values["packs"] = units.check_packs(values["packs"] or {}, values.get("unit", item.unit))
    if "code" in values:
        values["code"] = values["code"] or item.code
    if "currency" in values:
        Money.zero(values["currency"])
    fixed = [
        name for name in ("unit", "tracking", "currency") if name in values and values[name] != getattr(item, name)
    ]
    with transaction.atomic():
        if fixed:
            Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
            with scope.system("moves of other departments count as well"):
                moved = Move.objects.filter(item=item).exists()
            if moved:
                raise Refused(
                    f"Stock of {item.code} has moved already. Set up a new item for another {fixed[0]}.",
                    code="in_ledger",
                    field=fixed[0],
                )
        return write.change(item, values, actor=actor, fact=events.ItemChanged, version=version)


def _gtin(text: str) -> str:
    digits = text.strip()
    if digits and not gs1.is_gtin(digits):
        raise Refused("A GTIN has 8, 12, 13 or 14 digits, the last a check digit.", code="gtin", field="gtin")
    return digits.zfill(14) if digits else ""


def archive_item(item: Item, *, actor: Any, version: int | None = None) -> Item:
    with scope.system("stock of other departments counts as well"):
        left = Level.objects.filter(item=item).exclude(quantity=0).exists()
    if left:
        raise Refused(f"There is stock of {item.code}. Issue, scrap or adjust it first.", code="in_stock")
    return write.archive(item, actor=actor, fact=events.ItemChanged, version=version)


def restore_item(item: Item, *, actor: Any) -> Item:
    return write.restore(item, actor=actor, fact=events.ItemChanged)


def set_location(*, actor: Any, **values: Any) -> Location:
    return write.create(Location(**values), actor=actor, fact=events.LocationSet)


def change_location(location: Location, *, actor: Any, version: int | None = None, **values: Any) -> Location:
    """Its kind stays once stock has been there, its department while stock is there."""
    moves_away = "department" in values and values["department"] != location.department
    if moves_away and Level.objects.filter(location=location).exclude(quantity=0).exists():
        raise Refused(
            f"There is stock at {location.code}, and stock belongs to the department of its place. Move the stock first.",
            code="in_stock",
            field="department",
        )
    if "kind" in values and values["kind"] != location.kind:
        with scope.system("moves of other departments count as well"):
            used = (
                Move.objects.filter(from_location=location).exists()
                or Move.objects.filter(to_location=location).exists()
            )
        if used:
            raise Refused("Stock has moved here already. Set up a new location.", code="in_ledger", field="kind")
    return write.change(location, values, actor=actor, fact=events.LocationChanged, version=version)


def close_period(location: Location, *, closed_until: date, actor: Any) -> Location:
    """No move may be dated on or before this day any more; a period is not opened again."""
    if location.closed_until is not None and closed_until < location.closed_until:
        raise Refused(
            f"It is closed until {location.closed_until} already. A closed period is not opened again.",
            code="closed",
            field="closed_until",
        )
    return write.change(location, {"closed_until": closed_until}, actor=actor, fact=events.LocationChanged)


def archive_location(location: Location, *, actor: Any, version: int | None = None) -> Location:
    if Level.objects.filter(location=location).exclude(quantity=0).exists():
        raise Refused(f"There is stock at {location.code}. Move it first.", code="in_stock")
    return write.archive(location, actor=actor, fact=events.LocationChanged, version=version)


def restore_location(location: Location, *, actor: Any) -> Location:
    return write.restore(location, actor=actor, fact=events.LocationChanged)


def outside(kind: str, place: Location) -> Location:
    """The one end outside of this kind, made when it is first needed."""
    found: Location | None = Location.objects.filter(code=kind.upper(), kind=kind).first()
    if found is not None:
        return found
    with scope.system("ends outside belong to the whole company"):
        root = Department.objects.filter(parent__isnull=True).order_by("id").first() or place.department
        made, _ = Location.objects.get_or_create(
            code=kind.upper(), defaults={"name": Location.Kind(kind).label, "kind": kind, "department": root}
        )
    end: Location = made
    return end


def lot_of(item: Item, number: str, *, expires_on: date | None = None, serial: bool = False, actor: Any) -> Lot:
    """The lot of that number, opened when it is new; a lot has one expiry date."""
    number = number.strip()
    found: Lot | None = Lot.objects.filter(item=item, number=number).first()
    if found is None:
        lot = Lot(
            item=item,
            department=item.department,
            number=number,
            code=f"{item.code}/{number}",
            expires_on=expires_on,
            serial=serial,
        )
        return write.create(lot, actor=actor, fact=events.LotOpened)
    if expires_on is not None and found.expires_on is not None and found.expires_on != expires_on:
        raise Refused(
            f"Lot {number} expires on {found.expires_on}, not on {expires_on}. Check the label.",
            code="expiry",
            field="expires_on",
        )
    return found


def change_lot(lot: Lot, *, actor: Any, version: int | None = None, **values: Any) -> Lot:
    return write.change(lot, values, actor=actor, fact=events.LotChanged, version=version)


def hold_lot(lot: Lot, *, reason: str, status: str = Lot.Status.HOLD, actor: Any) -> Lot:
    """Nothing of it may be used until somebody releases it."""
    if lot.status != Lot.Status.RELEASED:
        raise Refused(f"{lot} is held already: {lot.reason}", code="wrong_state")
    values = {"status": status, "reason": reason, "held_by": actor if getattr(actor, "pk", None) else None}
    return write.change(lot, values, actor=actor, fact=events.LotHeld, status=status, reason=reason)


def release_lot(lot: Lot, *, reason: str, actor: Any) -> Lot:
    if lot.status == Lot.Status.RELEASED:
        raise Refused(f"{lot} is not held.", code="wrong_state")
    values = {"status": Lot.Status.RELEASED, "reason": reason, "held_by": None}
    return write.change(lot, values, actor=actor, fact=events.LotReleased, reason=reason)
