"""Demand-driven buffers: how large they are, what flows out of them and when to order.

Source: C. Ptak and C. Smith, "Demand Driven Material Requirements Planning", 3rd ed. (2019), chapters 7 to 10.
Quantities in the item's own unit, times in days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from apps.core.errors import Refused
from apps.inventory.planning.inputs import not_negative, positive


class Status(StrEnum):
    """Where a quantity stands in a buffer, worst first."""

    STOCKOUT = "stockout"
    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """The zones from the bottom up: red is safety, yellow covers the lead time, green is one order."""

    red_base: float
    red_safety: float
    yellow: float
    green: float

    @property
    def red(self) -> float:
        return self.red_base + self.red_safety

    @property
    def top_of_red(self) -> float:
        return self.red

    @property
    def top_of_yellow(self) -> float:
        return self.red + self.yellow

    @property
    def top_of_green(self) -> float:
        return self.red + self.yellow + self.green

    @property
    def on_hand_target(self) -> float:
        """Average stock to expect: red and half of green; it should stay between red and red + green."""
        return self.red + self.green / 2

    @property
    def spike_threshold(self) -> float:
        """A day's demand of half the red zone or more is seen before it is due."""
        return self.red / 2


def ddmrp_buffer(
    *,
    daily_usage: float,
    lead_days: float,
    lead_factor: float,
    variability: float,
    least_order: float = 0.0,
    cycle_days: float = 0.0,
) -> Buffer:
    """Zones from average daily usage and the decoupled lead time.

    lead_factor: 0.2-0.4 for a long lead time, 0.41-0.6 medium, 0.61-1 short.
    variability: 0-0.4 for steady demand, 0.41-0.6 medium, 0.61-1 erratic.
    Green is the largest of lead-time usage times its factor, the usage of an order cycle and the least order. More
    taken back than used counts as no usage.
    """
    daily_usage = max(0.0, daily_usage)
    not_negative(lead_days=lead_days, lead_factor=lead_factor, variability=variability)
    not_negative(least_order=least_order, cycle_days=cycle_days)
    yellow = daily_usage * lead_days
    base = yellow * lead_factor
    return Buffer(
        red_base=base, red_safety=base * variability, yellow=yellow, green=max(base, daily_usage * cycle_days, least_order)
    )  # fmt: skip


def average_daily_usage(
    *, past: float, past_days: int, future: float = 0.0, future_days: int = 0, past_weight: float = 1.0
) -> float:
    """Usage per day of the past, or blended with what is expected: weight of the past, the rest for the future."""
    not_negative(past=past, future=future, past_weight=past_weight)
    positive(past_days=past_days)
    if past_weight > 1 or (past_weight < 1 and future_days <= 0):
        raise Refused(
            "The weight of the past is at most 1; below 1 give the days ahead as well.",
            code="out_of_range",
            field="past_weight",
        )
    ahead = future / future_days if future_days > 0 else 0.0
    return past_weight * past / past_days + (1 - past_weight) * ahead


def qualified_demand(demand: Iterable[tuple[int, float]], *, threshold: float, horizon_days: int) -> float:
    """What is due or overdue, and whole days within the horizon whose demand reaches the threshold.

    demand: (days from today, quantity), negative days are overdue; quantities of one day count together.
    """
    by_day: dict[int, float] = defaultdict(float)
    for day, quantity in demand:
        by_day[day] += quantity
    return sum(
        quantity for day, quantity in by_day.items() if day <= 0 or (day <= horizon_days and quantity >= threshold > 0)
    )


def net_flow(*, on_hand: float, on_order: float, qualified: float) -> float:
    """On hand + on order - qualified demand; proposals not yet ordered count as on order."""
    return on_hand + on_order - qualified


def planning_status(position: float, buffer: Buffer) -> Status:
    """Where the net flow stands: in yellow or red it is time to order."""
    if position > buffer.top_of_green:
        return Status.OVER
    if position > buffer.top_of_yellow:
        return Status.GREEN
    if position > buffer.top_of_red:
        return Status.YELLOW
    return Status.RED if position > 0 else Status.STOCKOUT


def execution_status(on_hand: float, buffer: Buffer) -> Status:
    """How safe stock itself is today: half of red is the alarm, whatever is on its way."""
    if on_hand > buffer.top_of_red:
        return Status.GREEN
    if on_hand > buffer.top_of_red / 2:
        return Status.YELLOW
    return Status.RED if on_hand > 0 else Status.STOCKOUT


def order_ddmrp(position: float, buffer: Buffer, *, least_order: float = 0.0, multiple: float = 0.0) -> float:
    """A net flow at or below the top of yellow is brought to the top of green, in whole multiples."""
    if position > buffer.top_of_yellow or buffer.top_of_green <= 0:
        return 0.0
    quantity = max(buffer.top_of_green - position, least_order)
    return multiple * ceil(quantity / multiple - 1e-9) if multiple > 0 else quantity
