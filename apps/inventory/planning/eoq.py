"""How much to order at a time when demand is steady: one item, with backorders, in production, with quantity discounts.

Source: L. V. Snyder and Z.-J. M. Shen, "Fundamentals of Supply Chain Theory", 2nd ed. (2019), chapter 3.
Rates and holding costs share one unit of time, mostly the year; costs come out per that time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from apps.core.errors import Refused
from apps.inventory.planning.inputs import not_negative, positive, same_length


@dataclass(frozen=True, slots=True, kw_only=True)
class LotSize:
    """An order quantity, its cost of ordering and holding (without the goods) and how often it is ordered."""

    quantity: float
    cost: float
    orders_per_year: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BackorderLot(LotSize):
    """`stockout_fraction` is the share of demand that waits for the next order."""

    stockout_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountLot:
    """`region` counts the price bands from 0; `cost` includes the goods."""

    quantity: float
    region: int
    cost: float


def eoq(*, fixed_cost: float, holding_cost: float, demand_rate: float) -> LotSize:
    """√(2·K·D/h): ordering and holding cost the same."""
    positive(fixed_cost=fixed_cost, holding_cost=holding_cost, demand_rate=demand_rate)
    quantity = sqrt(2 * fixed_cost * demand_rate / holding_cost)
    return LotSize(quantity=quantity, cost=quantity * holding_cost, orders_per_year=demand_rate / quantity)


def eoq_cost(quantity: float, *, fixed_cost: float, holding_cost: float, demand_rate: float) -> float:
    """What another quantity costs: K·D/Q + h·Q/2."""
    positive(quantity=quantity, holding_cost=holding_cost)
    not_negative(fixed_cost=fixed_cost, demand_rate=demand_rate)
    return fixed_cost * demand_rate / quantity + holding_cost * quantity / 2


def eoq_backorders(*, fixed_cost: float, holding_cost: float, stockout_cost: float, demand_rate: float) -> BackorderLot:
    """The best lot when customers wait at `stockout_cost` per unit and time."""
    positive(fixed_cost=fixed_cost, holding_cost=holding_cost, stockout_cost=stockout_cost, demand_rate=demand_rate)
    both = holding_cost + stockout_cost
    quantity = sqrt(2 * fixed_cost * demand_rate * both / (holding_cost * stockout_cost))
    return BackorderLot(
        quantity=quantity,
        stockout_fraction=holding_cost / both,
        cost=quantity * holding_cost * stockout_cost / both,
        orders_per_year=demand_rate / quantity,
    )


def production_quantity(
    *, fixed_cost: float, holding_cost: float, demand_rate: float, production_rate: float
) -> LotSize:
    """EPQ: stock grows at production rate less demand while the lot is made, so its peak is below the lot."""
    positive(fixed_cost=fixed_cost, holding_cost=holding_cost, demand_rate=demand_rate)
    positive(production_rate=production_rate)
    if demand_rate >= production_rate:
        raise Refused("The production rate must be above the demand rate.", code="too_slow", field="production_rate")
    return eoq(
        fixed_cost=fixed_cost, holding_cost=holding_cost * (1 - demand_rate / production_rate), demand_rate=demand_rate
    )


def all_units_discount(
    *,
    fixed_cost: float,
    holding_cost_rate: float,
    demand_rate: float,
    breakpoints: Sequence[float],
    unit_costs: Sequence[float],
) -> DiscountLot:
    """The price of the band holds for every unit. holding_cost_rate: per money and time; breakpoints start with 0."""
    _check_bands(fixed_cost, holding_cost_rate, demand_rate, breakpoints, unit_costs)

    def cost(quantity: float, band: int) -> float:
        holding = holding_cost_rate * unit_costs[band]
        return unit_costs[band] * demand_rate + fixed_cost * demand_rate / quantity + holding * quantity / 2

    def best(band: int) -> float:
        return sqrt(2 * fixed_cost * demand_rate / (holding_cost_rate * unit_costs[band]))

    return _cheapest(breakpoints, best, cost, at_breakpoints=True)


def incremental_discount(
    *,
    fixed_cost: float,
    holding_cost_rate: float,
    demand_rate: float,
    breakpoints: Sequence[float],
    unit_costs: Sequence[float],
) -> DiscountLot:
    """The price of a band holds for the units inside it only; what the dearer bands cost more acts as a fixed cost."""
    _check_bands(fixed_cost, holding_cost_rate, demand_rate, breakpoints, unit_costs)
    extra = [0.0]
    for at, (dear, cheap) in enumerate(pairwise(unit_costs), start=1):
        extra.append(extra[-1] + (dear - cheap) * breakpoints[at])

    def cost(quantity: float, band: int) -> float:
        price = unit_costs[band] + extra[band] / quantity
        return price * demand_rate + fixed_cost * demand_rate / quantity + holding_cost_rate * price * quantity / 2

    def best(band: int) -> float:
        return sqrt(2 * (fixed_cost + extra[band]) * demand_rate / (holding_cost_rate * unit_costs[band]))

    return _cheapest(breakpoints, best, cost, at_breakpoints=False)


def _cheapest(
    breakpoints: Sequence[float],
    best: Callable[[int], float],
    cost: Callable[[float, int], float],
    *,
    at_breakpoints: bool,
) -> DiscountLot:
    """The least cost among the lots that are best within their own band and, where prices jump, the breakpoints."""
    tops = [*breakpoints[1:], float("inf")]
    found = []
    for band, (bottom, top) in enumerate(zip(breakpoints, tops, strict=True)):
        quantity = best(band)
        if at_breakpoints and quantity < bottom:
            quantity = bottom
        if bottom <= quantity < top:
            found.append(DiscountLot(quantity=quantity, region=band, cost=cost(quantity, band)))
    return min(found, key=lambda lot: lot.cost)


def _check_bands(
    fixed_cost: float, rate: float, demand_rate: float, breakpoints: Sequence[float], unit_costs: Sequence[float]
) -> None:
    positive(fixed_cost=fixed_cost, holding_cost_rate=rate, demand_rate=demand_rate)
    same_length("price band", breakpoints, unit_costs)
    positive(**{f"unit_cost_{at}": price for at, price in enumerate(unit_costs, start=1)})
    if breakpoints[0] != 0 or any(low >= high for low, high in pairwise(breakpoints)):
        raise Refused("Price bands start at 0 and rise.", code="bands_out_of_order", field="breakpoints")
    if any(dear < cheap for dear, cheap in pairwise(unit_costs)):
        raise Refused("A price band must not be dearer than the one before it.", code="prices_rise", field="unit_costs")
