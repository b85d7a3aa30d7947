"""Stock counts: planned from classes, blind, counted again by another person when far off, and then booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.inventory import events, queries
from apps.inventory.models import Count, CountLine, Item, Level, Location, Lot
from apps.inventory.services.items import lot_of
from apps.inventory.services.moves import adjust_stock

State = Count.State
EVERY_DAYS = {"A": 30, "B": 90, "C": 180}  # how often an item of a class is counted
MOST_LINES = 500


def plan_count(*, location: Location, due_on: date, items: Iterable[Item] = (), actor: Any, **values: Any) -> Count:
    """A count of the items named, else of all that is at the place; one place has one open count of an item."""
    if not location.is_held:
        raise Refused(f"{location} is no place of ours.", code="not_held", field="location")
    with transaction.atomic():
        Location.objects.select_for_update(of=("self",), no_key=True).get(pk=location.pk)
        count = Count(location=location, department=location.department, due_on=due_on, **values)
        count.code = count.code or f"SC{next_number('stock_count')}"
        write.create(count, actor=actor, fact=events.CountPlanned)
        wanted = [one.pk for one in items]
        there = Level.objects.filter(location=location).exclude(quantity=0)
        there = there.filter(item__in=wanted) if wanted else there
        pairs = {(item, lot) for item, lot in there.values_list("item_id", "lot_id")}
        pairs |= {(one, None) for one in wanted if one not in {item for item, _ in pairs}}
        if len(pairs) > MOST_LINES:
            raise Refused(f"A count has at most {MOST_LINES} lines. Plan several.", code="too_many", field="items")
        _refuse_second(count, {item for item, _ in pairs})
        CountLine.objects.bulk_create(
            CountLine(count=count, department=count.department, item_id=item, lot_id=lot)
            for item, lot in sorted(pairs, key=lambda one: (one[0], one[1] or 0))
        )
        return count


def _refuse_second(count: Count, items: set[int]) -> None:
    """Two open counts of an item would book the same difference twice."""
    others = CountLine.objects.filter(
        count__location_id=count.location_id, count__state__in=(State.OPEN, State.RECOUNT), item__in=items
    ).exclude(count=count)
    other = others.select_related("count", "item").order_by("pk").first()
    if other is not None:
        raise Refused(
            f"{other.count} counts {other.item.code} there already. Close or cancel it first.",
            code="counted_already",
            field="items",
        )


def change_count(count: Count, *, actor: Any, version: int | None = None, **values: Any) -> Count:
    if count.state not in (State.OPEN, State.RECOUNT):
        raise Refused(f"{count} is {count.get_state_display().lower()}.", code="wrong_state")
    values["code"] = values.get("code") or count.code
    return write.change(count, values, actor=actor, fact=events.CountChanged, version=version)


def plan_cycle_counts(*, location: Location, today: date, actor: Any) -> Count | None:
    """Items whose last count is older than their class allows; None when nothing is due or a count is open."""
    if Count.objects.filter(location=location, state__in=(State.OPEN, State.RECOUNT)).exists():
        return None
    there = Item.objects.filter(levels__location=location, levels__quantity__gt=0, archived_at__isnull=True).distinct()
    due = []
    for item in there:
        since = today - timedelta(days=EVERY_DAYS.get(item.abc or "C", 180))
        counted = CountLine.objects.filter(item=item, count__location=location, count__state=State.CLOSED)
        if not counted.filter(found_at__date__gt=since).exists():
            due.append(item)
    return plan_count(location=location, due_on=today, items=due[:MOST_LINES], actor=actor) if due else None


def enter_count(count: Count, *, lines: Iterable[Mapping[str, Any]], actor: Any, now: datetime | None = None) -> Count:
    """What somebody found. A line is {"item", "lot" or "lot_number", "found"}; what is new at the place gets a line.

    In a recount only the lines that were off may be entered, and not by whoever counted them first.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        locked = _locked(count, State.OPEN, State.RECOUNT)
        for given in lines:
            _enter(locked, given, actor, moment)
        left = locked.lines.filter(found__isnull=True).count()
        before = locked.state
        if locked.state == State.OPEN and not left:
            _ask_again(locked)
        elif locked.state == State.RECOUNT and not locked.lines.filter(to_recount=True, again__isnull=True).exists():
            locked.state = State.OPEN
        if locked.state != before:
            after, locked.state = locked.state, before
            write.change(locked, {"state": after}, actor=actor, fact=events.CountChanged)
        return locked


def _locked(count: Count, *states: str) -> Count:
    locked: Count = (
        Count.objects.select_for_update(of=("self",)).select_related("location__department").get(pk=count.pk)
    )
    if locked.state not in states:
        raise Refused(f"{locked} is {locked.get_state_display().lower()} already.", code="wrong_state")
    return locked


def _enter(count: Count, given: Mapping[str, Any], actor: Any, moment: datetime) -> None:
    item, found = given["item"], Decimal(str(given["found"]))
    if not found.is_finite() or found < 0 or found >= 10**12 or found != found.quantize(Decimal("0.000001")):
        raise Refused(f"{item.code}: a count is zero or more, with at most six places.", code="quantity", field="found")
    lot: Lot | None = given.get("lot")
    if lot is None and given.get("lot_number"):
        lot = lot_of(item, str(given["lot_number"]), serial=item.tracking == Item.Tracking.SERIAL, actor=actor)
    if item.tracking != Item.Tracking.NONE and lot is None and found:
        raise Refused(f"{item.code} is kept by lot. Enter the lot number.", code="lot_missing", field="lot_number")
    if lot is not None and lot.serial and found > 1:
        raise Refused(f"{lot} is one piece: found or not, 1 or 0.", code="serials", field="found")
    line = count.lines.select_for_update(of=("self",)).filter(item=item, lot=lot).first()
    if line is None:
        Location.objects.select_for_update(of=("self",), no_key=True).get(pk=count.location_id)
        _refuse_second(count, {item.pk})
        line = CountLine(count=count, department_id=count.department_id, item=item, lot=lot)
    if count.state == State.RECOUNT:
        if not line.to_recount:
            raise Refused(f"{item.code} need not be counted again.", code="no_recount", field="item")
        if line.found_by_id == actor.pk:
            raise Refused("Another person counts again.", code="same_person")
        line.again, line.again_at, line.again_by = found, moment, actor
    else:
        if line.to_recount:
            raise Refused(
                f"{item.code} was counted twice. Close the count, or cancel it.", code="counted", field="item"
            )
        line.found, line.found_at, line.found_by = found, moment, actor
    line.save()


def _ask_again(count: Count) -> None:
    """Lines further off than the tolerance are counted again, blind as before."""
    off = []
    for line in count.lines.select_related("item", "lot").filter(again__isnull=True):
        expected = queries.on_hand(line.item, count.location, line.lot, at=line.found_at)
        far = abs((line.found or Decimal(0)) - expected) > abs(expected) * count.tolerance / 100
        if far and not line.to_recount:
            off.append(line.pk)
    if off:
        count.lines.filter(pk__in=off).update(to_recount=True)
        count.state = State.RECOUNT


def close_count(count: Count, *, actor: Any, now: datetime | None = None) -> Count:
    """Books the difference between what was found last and what the ledger had at that moment; moves since stay."""
    moment = now or timezone.now()
    with transaction.atomic():
        locked = _locked(count, State.OPEN)
        if locked.lines.filter(found__isnull=True).exists():
            raise Refused("Some lines are not counted yet. Enter them, or cancel the count.", code="not_counted")
        if locked.lines.filter(to_recount=True, again__isnull=True).exists():
            raise Refused("Some lines are to be counted again by another person.", code="recount")
        lines = list(locked.lines.select_related("item", "lot").order_by("item_id", "lot_id"))
        good = sum(_book(locked, line, actor) for line in lines)
        return write.change(
            locked,
            {"state": State.CLOSED, "closed_at": moment, "closed_by": actor if getattr(actor, "pk", None) else None},
            actor=actor,
            fact=events.CountClosed,
            lines=len(lines),
            accurate=good,
            location_id=locked.location_id,
        )


def _book(count: Count, line: CountLine, actor: Any) -> bool:
    """True when the record was accurate. The move is dated now: the past stays as it was written."""
    first = queries.on_hand(line.item, count.location, line.lot, at=line.found_at)
    at = line.again_at if line.again is not None else line.found_at
    line.expected = queries.on_hand(line.item, count.location, line.lot, at=at)
    difference = line.difference or Decimal(0)
    line.value = difference * line.item.standard_cost
    line.save(update_fields=["expected", "value"])
    if difference:
        adjust_stock(
            item=line.item,
            at=count.location,
            quantity=abs(difference),
            up=difference > 0,
            kind="count",
            lot=line.lot,
            reason=f"Counted in {count}",
            document=count.subject(),
            line=str(line.pk),
            actor=actor,
        )
    return bool(abs((line.found or Decimal(0)) - first) <= abs(first) * count.tolerance / 100)


def cancel_count(count: Count, *, actor: Any) -> Count:
    with transaction.atomic():
        locked = _locked(count, State.OPEN, State.RECOUNT)
        return write.change(locked, {"state": State.CANCELLED}, actor=actor, fact=events.CountChanged)
