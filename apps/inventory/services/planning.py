"""Stock policies, classes of items, and what becomes of a proposal."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from apps.core.errors import Refused
from apps.core.records import write
from apps.inventory import events, units
from apps.inventory.models import Item, Move, Proposal, StockPolicy
from apps.inventory.planning import classes

NEEDS = {
    "sQ": ("order_quantity",),
    "sS": ("order_up_to",),
    "RS": ("order_up_to", "review_days"),
    "kanban": ("order_quantity", "cards"),
    "ddmrp": (),
}


def set_policy(*, actor: Any, **values: Any) -> StockPolicy:
    """One policy per item and place."""
    policy = StockPolicy(**_filled(values))
    policy.department = policy.location.department
    policy.code = f"{policy.item.code}@{policy.location.code}"
    _check(policy)
    return write.create(policy, actor=actor, fact=events.PolicySet)


def change_policy(policy: StockPolicy, *, actor: Any, version: int | None = None, **values: Any) -> StockPolicy:
    values = _filled(values)
    changed = StockPolicy(**{name: values.get(name, getattr(policy, name)) for name in _COLUMNS})
    _check(changed)
    return write.change(policy, values, actor=actor, fact=events.PolicyChanged, version=version)


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """What was left empty and may not be takes its default; price breaks are figures in their order."""
    usual = {name: getattr(StockPolicy(), name) for name in ("lead_factor", "variability", "line_cost", "holding_rate")}
    found = values | {name: one for name, one in usual.items() if name in values and values[name] is None}
    if "price_breaks" in found:
        found["price_breaks"] = _price_breaks(found["price_breaks"] or {})
    return found


def _price_breaks(given: Any) -> dict[str, str]:
    wrong = Refused(
        "Price breaks are quantities with a price each, such as 100 = 1.80; prices fall as quantities rise.",
        code="price_breaks", field="price_breaks",
    )  # fmt: skip
    if not isinstance(given, dict) or len(given) > 20:
        raise wrong
    try:
        pairs = sorted((Decimal(str(at)), Decimal(str(price))) for at, price in given.items())
    except ArithmeticError:
        raise wrong from None
    if any(not one.is_finite() or not 0 < one < units.MOST for pair in pairs for one in pair):
        raise wrong
    if any(low[0] == high[0] or low[1] < high[1] for low, high in pairwise(pairs)):
        raise wrong
    return {f"{at.normalize():f}": f"{price.normalize():f}" for at, price in pairs}


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
    """What was bought elsewhere has come."""
    return _move_on(proposal, Proposal.State.DONE, Proposal.State.ACCEPTED, Proposal.State.OPEN, actor=actor)


def follow_proposal(proposal: Proposal, *, state: str, reason: str = "", actor: Any) -> Proposal:
    """It stands where the purchase made of it stands; whoever buys tells. Once requested, the purchase counts as supply."""
    if proposal.state == state:
        return proposal
    return _move_on(proposal, state, *Proposal.State.values, actor=actor, reason=reason[:200])
