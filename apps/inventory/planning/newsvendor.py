"""How much to have ready when being short and being over both cost: the newsvendor and the base stock.

Source: L. V. Snyder and Z.-J. M. Shen, "Fundamentals of Supply Chain Theory", 2nd ed. (2019), chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.errors import Refused
from apps.inventory.planning.demand import Demand, Normal, Poisson
from apps.inventory.planning.inputs import not_negative, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Order up to this level. `expected_cost` is per period, in the unit of the costs, without buying the goods."""

    critical_ratio: float
    order_up_to: float
    expected_cost: float


def expected_cost(level: float, *, holding_cost: float, stockout_cost: float, demand: Demand) -> float:
    """Cost per period of holding what is left over and of what is short, when demand meets `level`."""
    return holding_cost * (level - demand.mean) + (holding_cost + stockout_cost) * demand.shortage(level)


def newsvendor(*, holding_cost: float, stockout_cost: float, demand: Demand) -> Level:
    """The level at which one more unit is as likely to be worth it as not: p / (p + h) of demand is met.

    holding_cost: of a unit left over at the end of the period; stockout_cost: of a unit short.
    """
    positive(holding_cost=holding_cost, stockout_cost=stockout_cost)
    ratio = stockout_cost / (stockout_cost + holding_cost)
    level = demand.quantile(ratio)
    cost = expected_cost(level, holding_cost=holding_cost, stockout_cost=stockout_cost, demand=demand)
    return Level(critical_ratio=ratio, order_up_to=level, expected_cost=cost)


def base_stock(
    *, holding_cost: float, stockout_cost: float, demand: Normal | Poisson, lead_time: float, review: float = 1.0
) -> Level:
    """(R,S): what is ordered now must last until the next order has come, so demand of L + R periods is covered.

    demand: of one period; lead_time and review: in periods (review 0: looked at all the time).
    """
    not_negative(lead_time=lead_time, review=review)
    positive(lead_time_and_review=lead_time + review)
    return newsvendor(holding_cost=holding_cost, stockout_cost=stockout_cost, demand=demand.over(lead_time + review))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How much to buy once for one season, and the profit to expect."""

    critical_ratio: float
    order_up_to: float
    expected_profit: float


def single_season(
    *,
    revenue: float,
    purchase_cost: float,
    salvage_value: float,
    demand: Demand,
    holding_cost: float = 0.0,
    stockout_cost: float = 0.0,
) -> Offer:
    """The newsvendor by price, cost and what a unit left over still brings (negative: what it costs to be rid of it)."""
    positive(revenue=revenue)
    not_negative(purchase_cost=purchase_cost, holding_cost=holding_cost, stockout_cost=stockout_cost)
    if not revenue > purchase_cost > salvage_value:
        raise Refused(
            "Revenue must be above the purchase cost, and the purchase cost above the salvage value.",
            code="no_margin",
            field="purchase_cost",
        )
    over = purchase_cost - salvage_value + holding_cost
    short = revenue - purchase_cost + stockout_cost
    found = newsvendor(holding_cost=over, stockout_cost=short, demand=demand)
    profit = (revenue - purchase_cost) * demand.mean - found.expected_cost
    return Offer(critical_ratio=found.critical_ratio, order_up_to=found.order_up_to, expected_profit=profit)
