"""What inventory answers: stock now and at any time, genealogy of lots, worth, demand, what is short."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from heapq import merge
from typing import Any

from django.db import connection
from django.db.models import Case, DecimalField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.core.science.forecast import Forecast, forecast
from apps.inventory import supply, units, valuation
from apps.inventory.models import Item, Level, Location, Lot, Move, Proposal, Revaluation, StockPolicy

ZERO = Value(Decimal(0), output_field=DecimalField(max_digits=18, decimal_places=6))
DEMAND_DAYS = 90
DEMAND_WEEKS, AHEAD_WEEKS, LEAST_WEEKS = 104, 8, 8
OUT = Q(kind__in=("issue", "consume"))
BACK = Q(kind="reverse", reverses__kind__in=("issue", "consume"))
SIGNED = Case(When(kind="reverse", then=-F("quantity")), default=F("quantity"), output_field=ZERO.output_field)
OUTSIDE = ("supplier", "customer", "scrap", "adjust", "production")


def on_hand(
    item: Item, location: Location | None = None, lot: Lot | None = None, at: datetime | None = None
) -> Decimal:
    """Stock of ours now, or as it was at a time by the ledger's effective times."""
    if at is not None:
        return sum((one for _, _, one in as_of(at, item=item, location=location, lot=lot)), Decimal(0))
    rows = Level.objects.filter(item=item)
    rows = rows.filter(location=location) if location is not None else rows
    rows = rows.filter(lot=lot) if lot is not None else rows
    found: Decimal = rows.aggregate(sum=Coalesce(Sum("quantity"), ZERO))["sum"]
    return found


def as_of(
    at: datetime,
    *,
    item: Item | None = None,
    location: Location | None = None,
    lot: Lot | None = None,
    recorded_by: datetime | None = None,
) -> list[tuple[int, int, Decimal]]:
    """(item, location, quantity) at a time; `recorded_by` leaves out what was written later than that."""
    moves = Move.objects.filter(effective_at__lte=at)
    moves = moves.filter(created_at__lte=recorded_by) if recorded_by is not None else moves
    moves = moves.filter(item=item) if item is not None else moves
    moves = moves.filter(lot=lot) if lot is not None else moves
    moves = moves.filter(Q(to_location=location) | Q(from_location=location)) if location is not None else moves
    ours = (
        {location.pk}
        if location is not None
        else set(Location.objects.filter(kind__in=Location.HELD).values_list("pk", flat=True))
    )
    found: dict[tuple[int, int], Decimal] = {}
    # Summed by both ends at once: the ledger is read once, and few pairs of ends are left to fold.
    pairs = moves.values_list("item_id", "from_location_id", "to_location_id").annotate(total=Sum("quantity"))
    for key, source, target, total in pairs.order_by():
        for end, signed in ((target, total), (source, -total)):
            if end in ours:
                found[key, end] = found.get((key, end), Decimal(0)) + signed
    return [(key, place, quantity) for (key, place), quantity in sorted(found.items()) if quantity]


def to_base(item: Item, quantity: Decimal, unit: str) -> Decimal:
    return units.to_base(quantity, unit, item.unit, item.packs)


def by_place(levels: QuerySet[Any]) -> dict[tuple[int, int], Decimal]:
    """(item, place) → its lots together."""
    sums = levels.values_list("item_id", "location_id").annotate(total=Sum("quantity"))
    return {(item, place): total for item, place, total in sums}


def on_hand_of(items: Iterable[int], user: Any) -> dict[tuple[int, int], Decimal]:
    """(item, place) → stock the reader may see."""
    return by_place(Level.objects.visible_to(user).filter(item__in=list(items)))


def levels_of(item: Item, user: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = (
        Level.objects.visible_to(user)
        .filter(item=item)
        .exclude(quantity=0)
        .select_related("location", "lot")
        .order_by("location__code", "lot__expires_on", "lot_id")
    )
    return rows


GENEALOGY = """
WITH RECURSIVE family(lot_id, depth, path) AS (
    SELECT %(lot)s::bigint, 0, ARRAY[%(lot)s::bigint]
  UNION ALL
    SELECT next.lot_id, family.depth + 1, family.path || next.lot_id
    FROM family
    JOIN inventory_move here ON here.lot_id = family.lot_id AND here.kind = %(from_kind)s
    JOIN inventory_move next ON next.batch = here.batch AND next.kind = %(to_kind)s AND next.lot_id IS NOT NULL
    WHERE family.depth < 50 AND next.lot_id <> ALL (family.path)
      AND NOT EXISTS (SELECT 1 FROM inventory_move mirror WHERE mirror.reverses_id IN (here.id, next.id))
)
SELECT lot_id, min(depth) FROM family WHERE depth > 0 GROUP BY lot_id ORDER BY 2, 1
"""


def genealogy(lot: Lot, *, forward: bool) -> list[tuple[Lot, int]]:
    """Lots made from this one (forward), or those it was made of, with how many steps away; one query finds them all."""
    kinds = ("consume", "produce") if forward else ("produce", "consume")
    with connection.cursor() as cursor:
        cursor.execute(GENEALOGY, {"lot": lot.pk, "from_kind": kinds[0], "to_kind": kinds[1]})
        rows = cursor.fetchall()
    lots = Lot.objects.select_related("item").in_bulk([key for key, _ in rows])
    return [(lots[key], depth) for key, depth in rows if key in lots]


def worth_of(item: Item) -> valuation.Worth:
    """Value of all stock of an item by moving average and FIFO, from its whole ledger in the order of its times."""
    moves = (
        Move.objects.filter(item=item)
        .order_by("effective_at", "id")
        .values_list(
            "effective_at", "id", "quantity", "unit_cost", "from_location__kind", "to_location__kind", "reverses_id"
        )
    )

    def flows() -> Iterable[tuple[datetime, valuation.Flow | valuation.Difference]]:
        for at, key, quantity, cost, source, target, back in moves.iterator(chunk_size=5000):
            if source in OUTSIDE and target not in OUTSIDE:
                price = cost if cost is not None else item.standard_cost
                yield at, valuation.Flow(quantity, price, key, back or 0)
            elif target in OUTSIDE and source not in OUTSIDE:
                # What nobody takes back need not be remembered.
                yield at, valuation.Flow(-quantity, key=key if key in undone else 0, reverses=back or 0)

    undone = set(Move.objects.filter(item=item, reverses__isnull=False).values_list("reverses_id", flat=True))
    later = [
        (one.effective_at, valuation.Difference(one.move_id, one.quantity, one.each))
        for one in Revaluation.objects.filter(item=item).order_by("effective_at", "id")
    ]
    return valuation.fold(one for _, one in merge(flows(), later, key=lambda one: one[0]))


def value_by_currency(levels: QuerySet[Any]) -> dict[str, Decimal]:
    """Stock at standard cost, by the currency of the items: amounts of several are never added."""
    value = Sum(F("quantity") * F("item__standard_cost"), output_field=DecimalField(max_digits=30, decimal_places=12))
    return dict(levels.values_list("item__currency").annotate(sum=value).order_by("item__currency"))


def daily_demand(item: Item, location: Location, *, until: date, days: int = DEMAND_DAYS) -> list[float]:
    """Quantity issued and consumed per day, reversals taken off, oldest first."""
    return daily_demands([(item.pk, location.pk)], until=until, days=days)[item.pk, location.pk]


def daily_demands(
    places: Iterable[tuple[int, int]], *, until: date, days: int = DEMAND_DAYS
) -> dict[tuple[int, int], list[float]]:
    """The same for many pairs of item and place in one look at the ledger."""
    found = {key: [0.0] * days for key in places}
    first = until - timedelta(days=days - 1)
    start, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in (first, until + timedelta(days=1)))
    place = Case(When(kind="reverse", then=F("to_location_id")), default=F("from_location_id"))
    rows = Move.objects.filter(
        OUT | BACK, item__in={item for item, _ in found}, effective_at__gte=start, effective_at__lt=end
    ).annotate(signed=SIGNED, place=place)
    for item, at, day, total in rows.values_list("item_id", "place", "effective_at__date").annotate(
        total=Sum("signed")
    ):
        if (item, at) in found:
            found[item, at][(day - first).days] = float(total)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Demand of whole weeks, oldest first, and what comes next by the method that would have done best."""

    weeks: tuple[date, ...]  # the Monday of each
    demand: tuple[float, ...]
    ahead: Forecast | None  # None: too few weeks, or no demand at all


def outlook(item: Item, *, today: date, weeks: int = DEMAND_WEEKS, horizon: int = AHEAD_WEEKS) -> Outlook:
    """Issued and consumed per week over all places within reach, reversals taken off; this week is not over yet."""
    monday = today - timedelta(days=today.weekday())
    since = monday - timedelta(weeks=weeks)
    rows = Move.objects.filter(OUT | BACK, item=item, effective_at__date__gte=since, effective_at__date__lt=monday)
    found: dict[date, float] = {}
    for day, total in rows.annotate(signed=SIGNED).values_list("effective_at__date").annotate(total=Sum("signed")):
        start = day - timedelta(days=day.weekday())
        found[start] = found.get(start, 0.0) + float(total)
    first = min(found, default=monday)
    mondays = tuple(one for at in range(weeks) if (one := since + timedelta(weeks=at)) >= first)
    demand = tuple(max(0.0, found.get(one, 0.0)) for one in mondays)
    enough = len(demand) >= LEAST_WEEKS and any(demand)
    return Outlook(weeks=mondays, demand=demand, ahead=forecast(demand, horizon=horizon) if enough else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A policy whose stock lasts less long than new stock takes to come."""

    policy: StockPolicy
    on_hand: Decimal  # less what is promised
    supply: Decimal
    days: float | None  # of cover; None without demand
    missing: Decimal
    cost: Decimal
    proposal: int | None = None  # one that waits to be accepted

    @property
    def waits(self) -> bool:
        """Whether somebody has to act: nothing is left, or what comes is not enough or not agreed to."""
        return self.on_hand <= 0 or self.missing > 0 or self.proposal is not None

    @property
    def cost_per_day(self) -> Decimal:
        """A day's demand at standard cost: what cannot be made or sold on a day without stock."""
        cost: Decimal = (self.policy.daily_demand or Decimal(0)) * self.policy.item.standard_cost
        return cost


def shortages(user: Any, *, most: int = 200) -> list[Shortage]:
    """By days of cover, then by what the missing quantity is worth."""
    policies = list(
        StockPolicy.objects.visible_to(user)
        .filter(archived_at__isnull=True)
        .select_related("item", "location")
        .order_by("id")[:5000]
    )
    places = [(one.item_id, one.location_id) for one in policies]
    items, held_at = {item for item, _ in places}, {place for _, place in places}
    levels = by_place(Level.objects.filter(item__in=items, location__in=held_at))
    coming, promised = supply.open_supply(places), supply.promised(places)
    open_ones = Proposal.objects.filter(policy__in=policies, state=Proposal.State.OPEN, archived_at__isnull=True)
    proposed = dict(open_ones.order_by("-id").values_list("policy_id", "pk"))
    found = []
    for one in policies:
        key = (one.item_id, one.location_id)
        stock = levels.get(key, Decimal(0)) - promised.get(key, Decimal(0))
        point = one.reorder_point or Decimal(0)
        demand = float(one.daily_demand or 0)
        if stock > point:
            continue
        missing = max(Decimal(0), point - stock - coming.get(key, Decimal(0)))
        found.append(
            Shortage(
                policy=one,
                on_hand=stock,
                supply=coming.get(key, Decimal(0)),
                days=float(stock) / demand if demand else None,
                missing=missing,
                cost=missing * one.item.standard_cost,
                proposal=proposed.get(one.pk),
            )
        )
    found.sort(key=lambda one: (one.days if one.days is not None else 1e9, -one.cost))
    return found[:most]


def expiring(user: Any, *, within_days: int = 30) -> QuerySet[Any]:
    """Lots with stock that expire soon or have expired, first ones first."""
    limit = timezone.localdate() + timedelta(days=within_days)
    rows: QuerySet[Any] = (
        Level.objects.visible_to(user)
        .filter(quantity__gt=0, lot__expires_on__lte=limit)
        .select_related("lot", "item", "location")
        .order_by("lot__expires_on")
    )
    return rows
