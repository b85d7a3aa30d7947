"""Reorder points, safety stock and how much to order now. Sources are named at each function; times in days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, erf, exp, pi, sqrt
from statistics import NormalDist

NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class ReorderPoint:
    """z of the service level, safety stock and reorder point, with the arithmetic in words."""

    z: float
    safety_stock: float
    reorder_point: float
    arithmetic: str


def reorder_point(
    *, daily_demand: float, daily_sd: float, lead_days: float, lead_sd: float = 0.0, service_level: float = 0.95
) -> ReorderPoint:
    """Cycle service level: z·√(L·σd² + d²·σL²) above mean demand in the lead time (Silver, Pyke, Thomas 2017, 6.7).

    Demand per day with its standard deviation, lead time in days with its own; independent of each other.
    """
    z = NORMAL.inv_cdf(service_level)
    variance = lead_days * daily_sd**2 + daily_demand**2 * lead_sd**2
    safety = z * sqrt(variance)
    point = daily_demand * lead_days + safety
    words = (
        f"z({service_level:g}) = {z:.3f}; √({lead_days:g} × {daily_sd:g}² + {daily_demand:g}² × {lead_sd:g}²) = {sqrt(variance):.2f}; "
        f"safety stock {z:.3f} × {sqrt(variance):.2f} = {safety:.2f}; "
        f"reorder point {daily_demand:g} × {lead_days:g} + {safety:.2f} = {point:.2f}"
    )
    return ReorderPoint(z, safety, point, words)


def loss(k: float) -> float:
    """Standard normal loss: expected shortage in standard deviations when stock is k above the mean."""
    return exp(-k * k / 2) / sqrt(2 * pi) - k * (1 - (1 + erf(k / sqrt(2))) / 2)


def fill_rate_point(
    *, order_quantity: float, demand_mean: float, demand_sd: float, fill_rate: float
) -> tuple[float, float, float]:
    """(k, safety stock, reorder point) for a share of demand filled from stock: σ·G(k) = Q·(1 − β) (Silver et al. 6.7.4)."""
    wanted = order_quantity * (1 - fill_rate) / demand_sd
    k = solve(lambda one: wanted - loss(one), -8.0, 8.0)
    return k, k * demand_sd, demand_mean + k * demand_sd


def solve(rises: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses zero, by halving."""
    for _ in range(200):
        middle = (low + high) / 2
        if rises(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# How much to order now. `position` is on hand + on order − promised; amounts in the item's own unit. ------------------


def order_s_q(position: float, *, s: float, q: float) -> float:
    """(s,Q): at or below s, as many Q as bring the position above s."""
    return 0.0 if position > s or q <= 0 else q * (int((s - position) // q) + 1)


def order_s_s(position: float, *, s: float, up_to: float) -> float:
    """(s,S): at or below s, up to S."""
    return 0.0 if position > s else max(0.0, up_to - position)


def order_r_s(position: float, *, up_to: float, days_since_review: int | None, review_days: int) -> float:
    """(R,S): every R days up to S; never reviewed counts as due."""
    due = days_since_review is None or days_since_review >= review_days
    return max(0.0, up_to - position) if due else 0.0


def kanban_cards(*, daily_demand: float, lead_days: float, safety_share: float, card: float) -> int:
    """Number of cards: demand in the lead time and its safety share, by card, rounded up (Monden 2011)."""
    return ceil(daily_demand * lead_days * (1 + safety_share) / card - 1e-9)


def order_kanban(position: float, *, cards: int, card: float) -> float:
    """A free card for every full card that is neither in stock nor on its way."""
    return card * max(0, cards - ceil(max(0.0, position) / card - 1e-9))


@dataclass(frozen=True, slots=True)
class Buffer:
    """DDMRP zones and the tops they reach (Ptak and Smith 2016): red below yellow below green."""

    red: float
    yellow: float
    green: float

    @property
    def top_of_red(self) -> float:
        return self.red

    @property
    def top_of_yellow(self) -> float:
        return self.red + self.yellow

    @property
    def top_of_green(self) -> float:
        return self.red + self.yellow + self.green


def ddmrp_buffer(
    *, daily_usage: float, lead_days: float, lead_factor: float, variability: float, least_order: float = 0.0, cycle_days: float = 0.0
) -> Buffer:  # fmt: skip
    """Yellow = ADU × DLT; red base = yellow × lead-time factor, red safety = red base × variability factor;

    green = the largest of the order cycle's usage, yellow × lead-time factor and the least order quantity.
    """
    yellow = daily_usage * lead_days
    base = yellow * lead_factor
    return Buffer(base + base * variability, yellow, max(daily_usage * cycle_days, yellow * lead_factor, least_order))


def order_ddmrp(net_flow: float, buffer: Buffer) -> float:
    """Net flow (on hand + on order − qualified demand) at or below the top of yellow is brought to the top of green."""
    return max(0.0, buffer.top_of_green - net_flow) if net_flow <= buffer.top_of_yellow else 0.0
