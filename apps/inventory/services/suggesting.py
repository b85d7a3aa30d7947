"""How much to order at a time by what ordering and holding cost: EOQ, price breaks, orders shared with others, base stock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import sqrt

from apps.inventory import supply
from apps.inventory.models import StockPolicy
from apps.inventory.planning.demand import STANDARD
from apps.inventory.planning.eoq import all_units_discount, eoq, eoq_cost
from apps.inventory.planning.lots import joint_replenishment
from apps.inventory.services.proposing import demand_of

YEAR = 365
Bands = tuple[list[tuple[float, float]], str]
MOST_TOGETHER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A quantity by one method, what ordering and holding then cost in a year (with goods for price breaks), and why."""

    method: str
    quantity: float
    cost_per_year: float | None
    arithmetic: str


def suggest_quantities(policy: StockPolicy, *, today: date) -> list[Suggestion]:
    """None of the lot sizes without the cost of an order, a cost of the item and demand; base stock needs demand only."""
    mean, spread = demand_of(policy, today)
    if mean <= 0:
        return []
    found = [_base_stock(policy, mean, spread)]
    fixed = float((policy.order_cost or Decimal(0)) + policy.line_cost)
    price = float(policy.item.standard_cost)
    if not fixed or not price:
        return found
    rate, yearly = float(policy.holding_rate), mean * YEAR
    holding = rate * price
    lot = eoq(fixed_cost=fixed, holding_cost=holding, demand_rate=yearly)
    words = (
        f"√(2 × {fixed:g} × {yearly:.6g} / {holding:.6g}) = {lot.quantity:.2f}; {lot.orders_per_year:.1f} orders a year"
    )
    found.insert(
        0, Suggestion(method="Economic order quantity", quantity=lot.quantity, cost_per_year=lot.cost, arithmetic=words)
    )
    if policy.order_quantity:
        now = float(policy.order_quantity)
        cost = eoq_cost(now, fixed_cost=fixed, holding_cost=holding, demand_rate=yearly)
        words = f"{fixed:g} × {yearly:.6g} / {now:g} + {holding:.6g} × {now:g} / 2 = {cost:.2f}"
        found.insert(
            1, Suggestion(method="Quantity Q of the policy", quantity=now, cost_per_year=cost, arithmetic=words)
        )
    return [*found, *_discount(policy, fixed, rate, yearly, _bands(policy, price, today)), *_together(policy, today)]


def _base_stock(policy: StockPolicy, mean: float, spread: float) -> Suggestion:
    """One for one: what covers the lead time and the day of ordering by the service level."""
    days, z = float(policy.lead_days) + float(policy.review_days or 1), STANDARD.inv_cdf(float(policy.service_level))
    deviation = sqrt(days * spread**2 + mean**2 * float(policy.lead_sd) ** 2)
    level = mean * days + z * deviation
    words = (
        f"{mean:.4g} × {days:g} days + {z:.3f} × {deviation:.2f} = {level:.2f}; order what was used, up to this level"
    )
    return Suggestion(method="Base stock level S", quantity=level, cost_per_year=None, arithmetic=words)


def _bands(policy: StockPolicy, price: float, today: date) -> Bands:
    """Prices from quantities on: those typed at the policy below the item's cost, else those suppliers have agreed."""
    if policy.price_breaks:
        typed = [(float(at), float(cost)) for at, cost in policy.price_breaks.items()]
        return [(0.0, price), *((at, cost) for at, cost in typed if cost <= price)], "price bands"
    bands: list[tuple[float, float]] = []
    for at, cost in sorted(supply.offered_prices(policy.item, today).items()):
        if not bands or float(cost) < bands[-1][1]:
            bands.append((float(at) if bands else 0.0, float(cost)))
    return bands, "price bands of the suppliers' price lists"


def _discount(policy: StockPolicy, fixed: float, rate: float, yearly: float, known: Bands) -> list[Suggestion]:
    bands, origin = known
    if len(bands) < 2:
        return []
    lot = all_units_discount(
        fixed_cost=fixed, holding_cost_rate=rate, demand_rate=yearly,
        breakpoints=[at for at, _ in bands], unit_costs=[cost for _, cost in bands],
    )  # fmt: skip
    cost = bands[lot.region][1]
    words = (
        f"At {cost:g} each: goods {cost * yearly:.2f} + ordering {fixed * yearly / lot.quantity:.2f}"
        f" + holding {rate * cost * lot.quantity / 2:.2f} = {lot.cost:.2f}, the least of {len(bands)} {origin}"
    )
    return [Suggestion(method="With price breaks", quantity=lot.quantity, cost_per_year=lot.cost, arithmetic=words)]


def _together(policy: StockPolicy, today: date) -> list[Suggestion]:
    """The items of one order share its cost: a common cycle, some items every second or third time."""
    if not policy.order_group or not policy.order_cost:
        return []
    others = StockPolicy.objects.filter(
        order_group=policy.order_group, location=policy.location, archived_at__isnull=True, item__standard_cost__gt=0
    ).select_related("item", "location")
    rates = {one.pk: (one, demand_of(one, today)[0] * YEAR) for one in others.order_by("id")[:MOST_TOGETHER]}
    used = [(one, rate) for one, rate in rates.values() if rate > 0]
    at = next((number for number, (one, _) in enumerate(used) if one.pk == policy.pk), None)
    if at is None or len(used) < 2:
        return []
    plan = joint_replenishment(
        shared_fixed_cost=float(policy.order_cost),
        individual_fixed_costs=[float(one.line_cost) for one, _ in used],
        holding_costs=[float(one.holding_rate * one.item.standard_cost) for one, _ in used],
        demand_rates=[rate for _, rate in used],
    )
    times = plan.order_multiples[at]
    days = plan.base_cycle_time * YEAR
    words = (
        f"{len(used)} items of {policy.order_group} share an order every {days:.1f} days; this one in"
        f" {'each' if times == 1 else f'one of {times}'} of them: {days * times:.1f} days × {used[at][1] / YEAR:.4g} a day;"
        f" all items together cost {plan.cost:.2f} a year"
    )
    return [
        Suggestion(method="Ordered together", quantity=plan.order_quantities[at], cost_per_year=None, arithmetic=words)
    ]
