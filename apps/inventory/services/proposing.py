"""The run that proposes orders: what each policy wants at its position, with the arithmetic that says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from statistics import fmean, stdev
from typing import Any

from django.db import transaction
from django.db.models import Sum

from apps.core.records import write
from apps.core.records.numbering import next_numbers
from apps.inventory import events, queries, supply
from apps.inventory.models import Level, Proposal, StockPolicy
from apps.inventory.planning import reorder

STEP = Decimal("0.000001")
Key = tuple[int, int]
Days = Mapping[Key, list[float]]


def propose_orders(*, today: date, policies: Any = None, actor: Any = None) -> list[Proposal]:
    """Goes through the policies; what is open or on its way counts as supply, so a second run proposes nothing new."""
    rows = StockPolicy.objects.filter(archived_at__isnull=True) if policies is None else policies
    made = []
    keys = list(rows.order_by("id").values_list("pk", flat=True))
    for at in range(0, len(keys), 500):
        made += _propose(keys[at : at + 500], today, actor)
    return made


def _propose(keys: list[int], today: date, actor: Any) -> list[Proposal]:
    with transaction.atomic():
        rows = list(
            StockPolicy.objects.select_for_update(of=("self",))
            .filter(pk__in=keys)
            .select_related("item", "location__department")
            .order_by("id")
        )
        places = [(one.item_id, one.location_id) for one in rows]
        coming, promised = supply.open_supply(places), supply.promised(places)
        levels = _levels(places)
        open_ended = [
            (one.item_id, one.location_id) for one in rows if one.daily_demand is None or one.daily_sd is None
        ]
        days = queries.daily_demands(open_ended, until=today)
        wishes: list[tuple[StockPolicy, Decimal, str]] = []
        for policy in rows:
            key, nothing = (policy.item_id, policy.location_id), Decimal(0)
            here, due, owed = levels.get(key, nothing), coming.get(key, nothing), promised.get(key, nothing)
            quantity, words = wanted(policy, float(here + due - owed), today, days)
            if policy.method == StockPolicy.Method.RS and _review_due(policy, today):
                StockPolicy.objects.filter(pk=policy.pk).update(last_review_on=today)
            if quantity > 0:
                said = f", promised {owed.normalize():f}" if owed else ""
                stock = f"On hand {here.normalize():f}, on its way {due.normalize():f}{said}. "
                wishes.append((policy, quantity, stock + words))
        return _write(wishes, today, actor)


def _levels(places: list[Key]) -> dict[Key, Decimal]:
    rows = Level.objects.filter(item__in={item for item, _ in places}, location__in={place for _, place in places})
    found = rows.values_list("item_id", "location_id").annotate(total=Sum("quantity"))
    return {(item, place): total for item, place, total in found}


def _write(wishes: list[tuple[StockPolicy, Decimal, str]], today: date, actor: Any) -> list[Proposal]:
    if not wishes:
        return []
    proposals = [
        Proposal(
            code=f"SP{number}",
            policy=policy,
            item=policy.item,
            location=policy.location,
            department_id=policy.department_id,
            quantity=quantity,
            needed_on=today + timedelta(days=ceil(policy.lead_days)),
            arithmetic=words,
        )
        for number, (policy, quantity, words) in zip(next_numbers("stock_proposal", len(wishes)), wishes, strict=True)
    ]
    return write.create_many(
        proposals,
        actor=actor,
        fact=events.ProposalMade,
        extra=lambda one: {"item_id": one.item_id, "quantity": one.quantity},
    )


def demand_of(policy: StockPolicy, today: date, known: Days | None = None) -> tuple[float, float]:
    """Mean and standard deviation of a day: what the policy says, else the last 90 days (`known`, or looked up)."""
    if policy.daily_demand is not None and policy.daily_sd is not None:
        return float(policy.daily_demand), float(policy.daily_sd)
    days = (known or {}).get((policy.item_id, policy.location_id))
    if days is None:
        days = queries.daily_demand(policy.item, policy.location, until=today)
    mean = float(policy.daily_demand) if policy.daily_demand is not None else fmean(days)
    return mean, float(policy.daily_sd) if policy.daily_sd is not None else stdev(days)


def point_of(policy: StockPolicy, today: date, known: Days | None = None) -> tuple[float, str]:
    """The reorder point with its arithmetic."""
    if policy.reorder_point is not None:
        return float(policy.reorder_point), f"s = {policy.reorder_point.normalize():f}, set by hand. "
    mean, spread = demand_of(policy, today, known)
    exposed = float(policy.lead_days) + (
        float(policy.review_days or 0) if policy.method == StockPolicy.Method.RS else 0.0
    )
    found = reorder.reorder_point(
        daily_demand=mean, daily_sd=spread, lead_days=exposed, lead_sd=float(policy.lead_sd), service_level=float(policy.service_level)
    )  # fmt: skip
    return found.reorder_point, f"{found.arithmetic}. "


def wanted(policy: StockPolicy, position: float, today: date, known: Days | None = None) -> tuple[Decimal, str]:
    """How much to order at this position, and why; zero when there is enough."""
    method = policy.method
    if method == StockPolicy.Method.RS:
        days = (today - policy.last_review_on).days if policy.last_review_on else None
        up_to = float(policy.order_up_to or 0)
        quantity = reorder.order_r_s(position, up_to=up_to, days_since_review=days, review_days=policy.review_days or 1)
        return _rounded(quantity), f"Review is due: S {up_to:g} − position {position:g} = {quantity:g}"
    if method == StockPolicy.Method.KANBAN:
        card = float(policy.order_quantity or 0)
        quantity = reorder.order_kanban(position, cards=policy.cards or 0, card=card)
        return _rounded(
            quantity
        ), f"{policy.cards} cards of {card:g}; position {position:g} leaves {quantity / card:g} free"
    if method == StockPolicy.Method.DDMRP:
        mean, _ = demand_of(policy, today, known)
        zones = reorder.ddmrp_buffer(
            daily_usage=mean, lead_days=float(policy.lead_days), lead_factor=float(policy.lead_factor),
            variability=float(policy.variability),
            least_order=float(policy.order_quantity or 0),
        )  # fmt: skip
        quantity = reorder.order_ddmrp(position, zones)
        tops = f"red {zones.top_of_red:.2f}, yellow {zones.top_of_yellow:.2f}, green {zones.top_of_green:.2f}"
        return _rounded(quantity), f"Buffer tops: {tops}; net flow {position:g}; up to green: {quantity:.2f}"
    point, words = point_of(policy, today, known)
    if method == StockPolicy.Method.SS:
        quantity = reorder.order_s_s(position, s=point, up_to=float(policy.order_up_to or 0))
        return _rounded(quantity), f"{words}Position {position:g}; up to S {policy.order_up_to}: {quantity:g}"
    quantity = reorder.order_s_q(position, s=point, q=float(policy.order_quantity or 0))
    return _rounded(quantity), f"{words}Position {position:g} is at or below s {point:.2f}: order {quantity:g}"


def _rounded(quantity: float) -> Decimal:
    return Decimal(repr(quantity)).quantize(STEP, rounding=ROUND_HALF_UP)


def _review_due(policy: StockPolicy, today: date) -> bool:
    last = policy.last_review_on
    return last is None or (today - last).days >= (policy.review_days or 1)
