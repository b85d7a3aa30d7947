"""The best parameters of (s,S) and (r,Q) policies under uncertain demand, exact and by the usual approximations.

Source: L. V. Snyder and Z.-J. M. Shen, "Fundamentals of Supply Chain Theory", 2nd ed. (2019), chapters 4 and 5;
Y.-S. Zheng and A. Federgruen (1991), A. Federgruen and Y.-S. Zheng (1992), R. Ehrhardt and C. Mosier (1984).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import expm1, sqrt

from apps.core.errors import Refused
from apps.inventory.planning.demand import Normal, Poisson
from apps.inventory.planning.eoq import eoq, eoq_backorders
from apps.inventory.planning.inputs import not_negative, positive
from apps.inventory.planning.newsvendor import expected_cost, newsvendor

HALVINGS = 100
ROUNDS = 10_000
CLOSE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class MinMax:
    """At or below `reorder_point` order up to `order_up_to`; `cost` per period where it is known."""

    reorder_point: float
    order_up_to: float
    cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointAndLot:
    """At `reorder_point` order `quantity`; `cost` per unit of time where the method gives it."""

    reorder_point: float
    quantity: float
    cost: float | None = None


# (s,S), looked at once a period ------------------------------------------------------------------------------------


class _Renewals:
    """Expected time the position spends at each depth below S: m(0) = 1/(1 - P(D=0)), m(j) = m(0) Σ P(D=l) m(j-l)."""

    def __init__(self, demand: Poisson) -> None:
        self.demand = demand
        self.first = -1 / expm1(-demand.mean)
        self.at = [self.first]

    def upto(self, depth: int) -> list[float]:
        while len(self.at) < depth:
            here = len(self.at)
            self.at.append(
                self.first * sum(self.demand.chance(units) * self.at[here - units] for units in range(1, here + 1))
            )
        return self.at[:depth]


def s_s_poisson(
    *, holding_cost: float, stockout_cost: float, fixed_cost: float, demand_mean: float, lead_time: int = 0
) -> MinMax:
    """The optimal (s,S) for Poisson demand per period, by Zheng and Federgruen's search; lead time in whole periods."""
    positive(holding_cost=holding_cost, stockout_cost=stockout_cost, fixed_cost=fixed_cost, demand_mean=demand_mean)
    not_negative(lead_time=lead_time)
    demand = Poisson(demand_mean)
    covered = demand.over(lead_time + 1)
    renewals = _Renewals(demand)

    def one_period(level: int) -> float:
        return expected_cost(level, holding_cost=holding_cost, stockout_cost=stockout_cost, demand=covered)

    def cost(low: int, top: int) -> float:
        stays = renewals.upto(top - low)
        return (fixed_cost + sum(stay * one_period(top - depth) for depth, stay in enumerate(stays))) / sum(stays)

    top = int(newsvendor(holding_cost=holding_cost, stockout_cost=stockout_cost, demand=covered).order_up_to)
    low = top - 1
    while cost(low, top) > one_period(low):
        low -= 1
    best_low, best_top, least = low, top, cost(low, top)
    top += 1
    while one_period(top) <= least:
        if cost(best_low, top) < least:
            best_top = top
            while cost(low, top) <= one_period(low + 1):
                low += 1
            best_low, least = low, cost(low, top)
        top += 1
    return MinMax(reorder_point=best_low, order_up_to=best_top, cost=least)


def s_s_power(
    *,
    holding_cost: float,
    stockout_cost: float,
    fixed_cost: float,
    demand_mean: float,
    demand_sd: float,
    lead_time: float = 0.0,
) -> MinMax:
    """Ehrhardt and Mosier's power approximation from mean and standard deviation of demand per period."""
    positive(holding_cost=holding_cost, stockout_cost=stockout_cost, fixed_cost=fixed_cost)
    positive(demand_mean=demand_mean, demand_sd=demand_sd)
    not_negative(lead_time=lead_time)
    covered = Normal(demand_mean, demand_sd).over(lead_time + 1)
    spread = (1 + (covered.sd / demand_mean) ** 2) ** 0.116
    gap = 1.3 * demand_mean**0.494 * (fixed_cost / holding_cost) ** 0.506 * spread
    z = sqrt(gap / covered.sd * holding_cost / stockout_cost)
    low = 0.973 * covered.mean + covered.sd * (0.183 / z + 1.063 - 2.192 * z)
    return MinMax(reorder_point=low, order_up_to=low + gap)


# (r,Q), looked at all the time -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ContinuousReview:
    """An item with normal demand whose stock is always known. Demand, holding and lead time share one unit of time.

    stockout_cost: per unit short and unit of time, but per unit short (however long) in `by_expected_inventory`.
    """

    holding_cost: float
    stockout_cost: float
    fixed_cost: float
    demand_mean: float
    demand_sd: float
    lead_time: float

    def __post_init__(self) -> None:
        positive(holding_cost=self.holding_cost, stockout_cost=self.stockout_cost, fixed_cost=self.fixed_cost)
        positive(demand_mean=self.demand_mean)
        not_negative(demand_sd=self.demand_sd, lead_time=self.lead_time)

    @cached_property
    def lead_demand(self) -> Normal:
        return Normal(self.demand_mean, self.demand_sd).over(self.lead_time)

    @cached_property
    def _level(self) -> float:
        costs = {"holding_cost": self.holding_cost, "stockout_cost": self.stockout_cost}
        return newsvendor(**costs, demand=self.lead_demand).order_up_to

    @cached_property
    def _lot(self) -> float:
        return eoq(fixed_cost=self.fixed_cost, holding_cost=self.holding_cost, demand_rate=self.demand_mean).quantity

    def rate(self, position: float) -> float:
        """Expected cost per time of holding and shortage a lead time after the inventory position is `position`."""
        return expected_cost(
            position, holding_cost=self.holding_cost, stockout_cost=self.stockout_cost, demand=self.lead_demand
        )

    def cost(self, point: float, quantity: float) -> float:
        """Exact cost per time of any (r,Q): the position is spread evenly from r to r + Q."""
        positive(quantity=quantity)
        short = self.lead_demand.second_shortage(point) - self.lead_demand.second_shortage(point + quantity)
        held = quantity * (point - self.lead_demand.mean + quantity / 2)
        rates = self.holding_cost * held + (self.holding_cost + self.stockout_cost) * short
        return (self.fixed_cost * self.demand_mean + rates) / quantity

    def best_point(self, quantity: float) -> float:
        """The best r for a given Q: the cost rate is the same at both ends of the lot."""
        positive(quantity=quantity)
        low, high = self._level - quantity, self._level
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if self.rate(middle + quantity) < self.rate(middle):
                low = middle
            else:
                high = middle
        return (low + high) / 2

    def exact(self) -> PointAndLot:
        """The optimum: at the best Q the cost rate at the ends of the lot equals the average cost."""

        def too_small(quantity: float) -> bool:
            point = self.best_point(quantity)
            return self.rate(point) < self.cost(point, quantity)

        low, high = 0.0, self._lot
        while too_small(high):
            low, high = high, 2 * high
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if too_small(middle) else (low, middle)
        point = self.best_point(high)
        return PointAndLot(reorder_point=point, quantity=high, cost=self.cost(point, high))

    def by_expected_inventory(self) -> PointAndLot:
        """Hadley and Whitin: average stock taken as r - mean + Q/2; a shortage costs once per unit."""
        yearly = self.stockout_cost * self.demand_mean
        quantity = self._lot
        for _ in range(ROUNDS):
            if self.holding_cost * quantity >= yearly:
                raise Refused(
                    "Shortage costs less than holding the lot, so this method has no reorder point. "
                    "Raise the stockout cost or use the exact method.",
                    code="shortage_too_cheap",
                    field="stockout_cost",
                )
            point = self.lead_demand.quantile(1 - self.holding_cost * quantity / yearly)
            short = self.lead_demand.shortage(point)
            before = quantity
            quantity = sqrt(2 * self.demand_mean * (self.fixed_cost + self.stockout_cost * short) / self.holding_cost)
            if abs(quantity - before) <= CLOSE * quantity:
                break
        held = self.holding_cost * (point - self.lead_demand.mean + quantity / 2)
        cost = held + (self.fixed_cost * self.demand_mean + yearly * short) / quantity
        return PointAndLot(reorder_point=point, quantity=quantity, cost=cost)

    def by_eoq_with_backorders(self) -> PointAndLot:
        """Q of the EOQ with backorders, and the best r for it."""
        quantity = eoq_backorders(
            fixed_cost=self.fixed_cost,
            holding_cost=self.holding_cost,
            stockout_cost=self.stockout_cost,
            demand_rate=self.demand_mean,
        ).quantity
        return PointAndLot(reorder_point=self.best_point(quantity), quantity=quantity)

    def by_eoq_and_safety_stock(self) -> PointAndLot:
        """Q of the EOQ, r of the newsvendor over the lead time."""
        return PointAndLot(reorder_point=self._level, quantity=self._lot)

    def by_loss_function(self) -> PointAndLot:
        """Shortage at the top of the lot is left out: n(r) = h·Q/(h+p), Q = √(2(K·D + (h+p)·n₂(r))/h)."""
        both = self.holding_cost + self.stockout_cost
        quantity = self._lot
        for _ in range(ROUNDS):
            point = self._point_short_by(self.holding_cost * quantity / both)
            before = quantity
            short = both * self.lead_demand.second_shortage(point)
            quantity = sqrt(2 * (self.fixed_cost * self.demand_mean + short) / self.holding_cost)
            if abs(quantity - before) <= CLOSE * quantity:
                break
        return PointAndLot(reorder_point=point, quantity=quantity)

    def _point_short_by(self, units: float) -> float:
        """The level at which so many units are expected to be short."""
        low, high = (
            self.lead_demand.mean - units - self.lead_demand.sd,
            self.lead_demand.mean + 40 * self.lead_demand.sd,
        )
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if self.lead_demand.shortage(middle) > units:
                low = middle
            else:
                high = middle
        return (low + high) / 2


def r_q_poisson(
    *, holding_cost: float, stockout_cost: float, fixed_cost: float, demand_mean: float, lead_time: float
) -> PointAndLot:
    """The optimal (r,Q) for Poisson demand: the cheapest run of positions, grown one unit at a time (Federgruen, Zheng)."""
    positive(holding_cost=holding_cost, stockout_cost=stockout_cost, fixed_cost=fixed_cost)
    positive(demand_mean=demand_mean, lead_time=lead_time)
    demand = Poisson(demand_mean * lead_time)

    def rate(position: int) -> float:
        return expected_cost(position, holding_cost=holding_cost, stockout_cost=stockout_cost, demand=demand)

    top = int(newsvendor(holding_cost=holding_cost, stockout_cost=stockout_cost, demand=demand).order_up_to)
    point, total = top - 1, fixed_cost * demand_mean + rate(top)
    while min(rate(point), rate(top + 1)) < total / (top - point):
        if rate(point) < rate(top + 1):
            total += rate(point)
            point -= 1
        else:
            top += 1
            total += rate(top)
    return PointAndLot(reorder_point=point, quantity=top - point, cost=total / (top - point))
