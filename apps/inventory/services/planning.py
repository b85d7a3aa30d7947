"""Policies, classes and proposals: what should be ordered, with the arithmetic that says so."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from statistics import fmean, stdev
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.inventory import events, queries, supply
from apps.inventory.models import Item, Level, Move, Proposal, StockPolicy
from apps.inventory.planning import classes, reorder

STEP = Decimal("0.000001")
LEAD_FACTOR, VARIABILITY = 0.5, 0.5  # DDMRP factors of a buffer of medium lead time and variability
NEEDS = {
    "sQ": ("order_quantity",),
    "sS": ("order_up_to",),
    "RS": ("order_up_to", "review_days"),
    "kanban": ("order_quantity", "cards"),
    "ddmrp": (),
}


def set_policy(*, actor: Any, **values: Any) -> StockPolicy:
    """One policy per item and place."""
    policy = StockPolicy(**values)
    policy.department = policy.location.department
    policy.code = f"{policy.item.code}@{policy.location.code}"
    _check(policy)
    return write.create(policy, actor=actor, fact=events.PolicySet)


def change_policy(policy: StockPolicy, *, actor: Any, version: int | None = None, **values: Any) -> StockPolicy:
    changed = StockPolicy(**{name: values.get(name, getattr(policy, name)) for name in _COLUMNS})
    _check(changed)
    return write.change(policy, values, actor=actor, fact=events.PolicyChanged, version=version)


_COLUMNS = (
    "item", "location", "method", "reorder_point", "order_quantity", "order_up_to", "review_days", "cards",
)  # fmt: skip


def _check(policy: StockPolicy) -> None:
    if not policy.location.is_held:
        raise Refused(f"{policy.location} is no place of ours.", code="not_held", field="location")
    for name in NEEDS[policy.method]:
        if getattr(policy, name) is None:
            raise Refused(f"{policy.get_method_display()} needs this.", code="required", field=name)
    if (
        policy.order_up_to is not None
        and policy.reorder_point is not None
        and policy.order_up_to < policy.reorder_point
    ):
        raise Refused("S lies at or above s.", code="order", field="order_up_to")


def archive_policy(policy: StockPolicy, *, actor: Any, version: int | None = None) -> StockPolicy:
    return write.archive(policy, actor=actor, fact=events.PolicyChanged, version=version)


def restore_policy(policy: StockPolicy, *, actor: Any) -> StockPolicy:
    return write.restore(policy, actor=actor, fact=events.PolicyChanged)


def class_items(*, today: date, days: int = 365, actor: Any = None) -> int:
    """ABC by what was used at standard cost and XYZ by how regular the months were; returns how many changed class."""
    since = today - timedelta(days=days)
    used = Move.objects.filter(
        kind__in=("issue", "consume"), effective_at__date__gt=since, effective_at__date__lte=today
    )
    values = {
        str(key): total
        for key, total in used.values_list("item_id").annotate(total=Sum(F("quantity") * F("item__standard_cost")))
    }
    monthly: dict[int, dict[tuple[int, int], float]] = {}
    for key, year, month, total in used.values_list("item_id", "effective_at__year", "effective_at__month").annotate(
        total=Sum("quantity")
    ):
        monthly.setdefault(key, {})[year, month] = float(total)
    months = max(1, round(days / 30.4))
    found = classes.abc(values)
    changed = 0
    for item in Item.objects.filter(archived_at__isnull=True).order_by("id"):
        demand = list(monthly.get(item.pk, {}).values())
        new = {
            "abc": found.get(str(item.pk), "C"),
            "xyz": classes.xyz(demand + [0.0] * max(0, months - len(demand))),
            "classed_on": today,
        }
        if (item.abc, item.xyz) != (new["abc"], new["xyz"]):
            write.change(item, new, actor=actor, fact=events.ItemChanged)
            changed += 1
    return changed


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
        coming = supply.open_supply(places)
        levels = {
            (item, place): total
            for item, place, total in Level.objects.filter(
                item__in={item for item, _ in places}, location__in={place for _, place in places}
            )
            .values_list("item_id", "location_id")
            .annotate(total=Sum("quantity"))
        }
        made = []
        for policy in rows:
            key = (policy.item_id, policy.location_id)
            position = levels.get(key, Decimal(0)) + coming.get(key, Decimal(0))
            quantity, words = wanted(policy, float(position), today)
            if policy.method == StockPolicy.Method.RS and _review_due(policy, today):
                StockPolicy.objects.filter(pk=policy.pk).update(last_review_on=today)
            if quantity > 0:
                stock = f"On hand {levels.get(key, Decimal(0)).normalize():f}, on its way {coming.get(key, Decimal(0)).normalize():f}. "
                made.append(_made(policy, quantity, stock + words, today, actor))
        return made


def _made(policy: StockPolicy, quantity: Decimal, words: str, today: date, actor: Any) -> Proposal:
    proposal = Proposal(
        code=f"SP{next_number('stock_proposal')}",
        policy=policy,
        item=policy.item,
        location=policy.location,
        department=policy.department,
        quantity=quantity,
        needed_on=today + timedelta(days=ceil(policy.lead_days)),
        arithmetic=words,
    )
    return write.create(proposal, actor=actor, fact=events.ProposalMade, item_id=policy.item_id, quantity=quantity)


def demand_of(policy: StockPolicy, today: date) -> tuple[float, float]:
    """Mean and standard deviation of a day: what the policy says, else the last 90 days."""
    if policy.daily_demand is not None and policy.daily_sd is not None:
        return float(policy.daily_demand), float(policy.daily_sd)
    days = queries.daily_demand(policy.item, policy.location, until=today)
    mean = float(policy.daily_demand) if policy.daily_demand is not None else fmean(days)
    return mean, float(policy.daily_sd) if policy.daily_sd is not None else stdev(days)


def point_of(policy: StockPolicy, today: date) -> tuple[float, str]:
    """The reorder point with its arithmetic."""
    if policy.reorder_point is not None:
        return float(policy.reorder_point), f"s = {policy.reorder_point.normalize():f}, set by hand. "
    mean, spread = demand_of(policy, today)
    exposed = float(policy.lead_days) + (
        float(policy.review_days or 0) if policy.method == StockPolicy.Method.RS else 0.0
    )
    found = reorder.reorder_point(
        daily_demand=mean, daily_sd=spread, lead_days=exposed, lead_sd=float(policy.lead_sd), service_level=float(policy.service_level)
    )  # fmt: skip
    return found.reorder_point, f"{found.arithmetic}. "


def wanted(policy: StockPolicy, position: float, today: date) -> tuple[Decimal, str]:
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
        mean, _ = demand_of(policy, today)
        zones = reorder.ddmrp_buffer(
            daily_usage=mean, lead_days=float(policy.lead_days), lead_factor=LEAD_FACTOR, variability=VARIABILITY,
            least_order=float(policy.order_quantity or 0),
        )  # fmt: skip
        quantity = reorder.order_ddmrp(position, zones)
        tops = f"red {zones.top_of_red:.2f}, yellow {zones.top_of_yellow:.2f}, green {zones.top_of_green:.2f}"
        return _rounded(quantity), f"Buffer tops: {tops}; net flow {position:g}; up to green: {quantity:.2f}"
    point, words = point_of(policy, today)
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


def _move_on(proposal: Proposal, state: str, *states: str, actor: Any, **values: Any) -> Proposal:
    with transaction.atomic():
        locked: Proposal = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        if locked.state not in states:
            raise Refused(f"{locked} is {locked.get_state_display().lower()} already.", code="wrong_state")
        return write.change(
            locked, {"state": state, **values}, actor=actor, fact=events.ProposalChanged, state=str(state), item_id=locked.item_id
        )  # fmt: skip


def accept_proposal(proposal: Proposal, *, actor: Any) -> Proposal:
    """Somebody orders it; it goes on counting as supply."""
    return _move_on(proposal, Proposal.State.ACCEPTED, Proposal.State.OPEN, actor=actor)


def dismiss_proposal(proposal: Proposal, *, reason: str, actor: Any) -> Proposal:
    """It does not count as supply any more; the next run may propose again."""
    return _move_on(
        proposal, Proposal.State.DISMISSED, Proposal.State.OPEN, Proposal.State.ACCEPTED, actor=actor, reason=reason
    )


def finish_proposal(proposal: Proposal, *, actor: Any) -> Proposal:
    """What was ordered has come, or an order counts in its place."""
    return _move_on(proposal, Proposal.State.DONE, Proposal.State.ACCEPTED, Proposal.State.OPEN, actor=actor)
