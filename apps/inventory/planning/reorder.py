"""Reorder points, safety stock and how much to order now. Sources are named at each function; times in days."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, sqrt

from apps.inventory.planning.ddmrp import ddmrp_buffer, order_ddmrp
from apps.inventory.planning.demand import STANDARD, normal_loss
from apps.inventory.planning.inputs import not_negative, positive, share

# Quantities have six decimals, so what differs by less than this share of a lot is rounding.
ROUNDING = 1e-9


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

    Demand per day with its standard deviation, lead time in days with its own; independent of each other. More taken
    back than used counts as no demand.
    """
    daily_demand = max(0.0, daily_demand)
    not_negative(daily_sd=daily_sd, lead_days=lead_days, lead_sd=lead_sd)
    share(service_level=service_level)
    z = STANDARD.inv_cdf(service_level)
    spread = sqrt(lead_days * daily_sd**2 + daily_demand**2 * lead_sd**2)
    safety = z * spread
    point = daily_demand * lead_days + safety
    words = (
        f"z({service_level:g}) = {z:.3f}; "
        f"√({lead_days:g} × {daily_sd:g}² + {daily_demand:g}² × {lead_sd:g}²) = {spread:.2f}; "
        f"safety stock {z:.3f} × {spread:.2f} = {safety:.2f}; "
        f"reorder point {daily_demand:g} × {lead_days:g} + {safety:.2f} = {point:.2f}"
    )
    return ReorderPoint(z, safety, point, words)


def fill_rate_point(
    *, order_quantity: float, demand_mean: float, demand_sd: float, fill_rate: float
) -> tuple[float, float, float]:
    """(k, safety stock, reorder point) for a share of demand filled from stock: σ·G(k) = Q·(1 − β) (Silver et al. 6.7.4).

    Mean and standard deviation are of the lead time; demand without doubt needs no safety stock. Large lots may do
    with less than the mean.
    """
    positive(order_quantity=order_quantity)
    not_negative(demand_mean=demand_mean, demand_sd=demand_sd)
    share(fill_rate=fill_rate)
    if demand_sd == 0:
        return 0.0, 0.0, demand_mean
    wanted = order_quantity * (1 - fill_rate) / demand_sd
    low, high = -wanted - 1, 40.0  # G(k) falls and lies above -k
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if normal_loss(middle) > wanted else (low, middle)
    k = (low + high) / 2
    return k, k * demand_sd, demand_mean + k * demand_sd


# How much to order now. `position` is on hand + on order − promised; amounts in the item's own unit. Once that is
# ordered, the next look proposes nothing. -----------------------------------------------------------------------------


def order_s_q(position: float, *, s: float, q: float) -> float:
    """(s,Q): at or below s, as many Q as bring the position above s."""
    return 0.0 if position > s or q <= 0 else q * (floor((s - position) / q + ROUNDING) + 1)


def order_s_s(position: float, *, s: float, up_to: float) -> float:
    """(s,S): at or below s, up to S."""
    return 0.0 if position > s else max(0.0, up_to - position)


def order_r_s(position: float, *, up_to: float, days_since_review: int | None, review_days: int) -> float:
    """(R,S): every R days up to S; never reviewed counts as due."""
    due = days_since_review is None or days_since_review >= review_days
    return max(0.0, up_to - position) if due else 0.0


def kanban_cards(*, daily_demand: float, lead_days: float, safety_share: float, card: float) -> int:
    """Number of cards: demand in the lead time and its safety share, by card, rounded up (Monden 2011)."""
    positive(card=card)
    not_negative(daily_demand=daily_demand, lead_days=lead_days, safety_share=safety_share)
    return ceil(daily_demand * lead_days * (1 + safety_share) / card - ROUNDING)


def order_kanban(position: float, *, cards: int, card: float) -> float:
    """A free card for every full card that is neither in stock nor on its way; what is owed takes cards on top."""
    return 0.0 if card <= 0 else card * max(0, cards - ceil(position / card - ROUNDING))


__all__ = [
    "ReorderPoint",
    "ddmrp_buffer",
    "fill_rate_point",
    "kanban_cards",
    "order_ddmrp",
    "order_kanban",
    "order_r_s",
    "order_s_q",
    "order_s_s",
    "reorder_point",
]
