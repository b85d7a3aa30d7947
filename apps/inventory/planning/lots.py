"""When to order for demand that changes from period to period, and what to order together.

Source: L. V. Snyder and Z.-J. M. Shen, "Fundamentals of Supply Chain Theory", 2nd ed. (2019), sections 3.7 and 3.8;
H. M. Wagner and T. M. Whitin (1958), E. A. Silver (1976).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

from apps.core.errors import Refused
from apps.inventory.planning.inputs import not_negative, positive, same_length


@dataclass(frozen=True, slots=True, kw_only=True)
class LotPlan:
    """What to order at the start of each period so that all demand is met at the least cost."""

    order_quantities: tuple[float, ...]
    total_cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPlan:
    """Item i is ordered every `order_multiples[i]` cycles of `base_cycle_time`."""

    order_quantities: tuple[float, ...]
    base_cycle_time: float
    order_multiples: tuple[int, ...]
    cost: float


def wagner_whitin(
    *,
    demand: Sequence[float],
    fixed_cost: float | Sequence[float],
    holding_cost: float | Sequence[float],
    purchase_cost: float | Sequence[float] = 0.0,
) -> LotPlan:
    """The least-cost plan by dynamic programming, from the last period back; one order covers whole periods.

    holding_cost: of one unit carried from a period into the next. Costs are one figure or one per period.
    """
    periods = len(demand)
    same_length("period", demand)
    fixed, holding, price = (_per_period(costs, periods) for costs in (fixed_cost, holding_cost, purchase_cost))
    for name, figures in (("demand", demand), ("fixed_cost", fixed), ("holding_cost", holding), ("price", price)):
        not_negative(**{f"{name}_{at}": figure for at, figure in enumerate(figures, start=1)})
    least, until = [0.0] * (periods + 1), [periods] * (periods + 1)
    for start in range(periods - 1, -1, -1):
        least[start] = inf
        goods = carry = ordered = 0.0
        for last in range(start, periods):
            goods += demand[last] * (price[start] + carry)
            ordered += demand[last]
            carry += holding[last]
            cost = goods + (fixed[start] if ordered else 0.0) + least[last + 1]
            if cost < least[start]:
                least[start], until[start] = cost, last + 1
    orders, start = [0.0] * periods, 0
    while start < periods:
        orders[start] = float(sum(demand[start : until[start]]))
        start = until[start]
    return LotPlan(order_quantities=tuple(orders), total_cost=least[0])


def joint_replenishment(
    *,
    shared_fixed_cost: float,
    individual_fixed_costs: Sequence[float],
    holding_costs: Sequence[float],
    demand_rates: Sequence[float],
) -> JointPlan:
    """Silver's heuristic: the item most worth ordering often sets the cycle, the others come every m-th time."""
    same_length("item", individual_fixed_costs, holding_costs, demand_rates)
    not_negative(shared_fixed_cost=shared_fixed_cost)
    not_negative(**{f"fixed_cost_{at}": cost for at, cost in enumerate(individual_fixed_costs, start=1)})
    positive(**{f"holding_cost_{at}": cost for at, cost in enumerate(holding_costs, start=1)})
    positive(**{f"demand_rate_{at}": rate for at, rate in enumerate(demand_rates, start=1)})
    carried = [cost * rate for cost, rate in zip(holding_costs, demand_rates, strict=True)]
    ratios = [fixed / flow for fixed, flow in zip(individual_fixed_costs, carried, strict=True)]
    leader = ratios.index(min(ratios))
    first = shared_fixed_cost + individual_fixed_costs[leader]
    if first <= 0:
        raise Refused("Ordering must cost something: give a shared or an own fixed cost.", code="no_fixed_cost")
    multiples = [max(1, round(sqrt(ratio * carried[leader] / first))) for ratio in ratios]
    multiples[leader] = 1
    ordering = shared_fixed_cost + sum(
        fixed / times for fixed, times in zip(individual_fixed_costs, multiples, strict=True)
    )
    holding = sum(flow * times for flow, times in zip(carried, multiples, strict=True))
    cycle = sqrt(2 * ordering / holding)
    return JointPlan(
        order_quantities=tuple(cycle * times * rate for times, rate in zip(multiples, demand_rates, strict=True)),
        base_cycle_time=cycle,
        order_multiples=tuple(multiples),
        cost=ordering / cycle + cycle / 2 * holding,
    )


def _per_period(costs: float | Sequence[float], periods: int) -> list[float]:
    found = list(costs) if isinstance(costs, Sequence) else [float(costs)] * periods
    if len(found) != periods:
        raise Refused(f"Give one cost, or one for each of the {periods} periods.", code="lengths_differ")
    return found
