"""Buffers against the figures another implementation of the method publishes for its own tests, and its rules."""

from __future__ import annotations

import pytest

from apps.core.errors import Refused
from apps.inventory.planning.ddmrp import (
    Status,
    average_daily_usage,
    ddmrp_buffer,
    execution_status,
    net_flow,
    order_ddmrp,
    planning_status,
    qualified_demand,
)

PART = ddmrp_buffer(daily_usage=4, lead_days=10, lead_factor=0.5, variability=0.5)


@pytest.mark.parametrize(
    ("usage", "days", "factor", "variability", "least", "tops"),
    [
        (4, 10, 0.5, 0.5, 0, (30, 70, 90)),
        (2, 10, 0.5, 0.5, 0, (15, 35, 45)),
        (2, 10, 1, 0.5, 0, (30, 50, 70)),
        (2, 10, 1, 0.5, 40, (30, 50, 90)),
        (4, 10, 1, 1, 0, (80, 120, 160)),
        (5, 20, 0.5, 0.5, 0, (75, 175, 225)),
        (5, 30, 0.5, 0.5, 0, (112.5, 262.5, 337.5)),
    ],
)
def test_zones(
    usage: float, days: float, factor: float, variability: float, least: float, tops: tuple[float, float, float]
) -> None:
    buffer = ddmrp_buffer(
        daily_usage=usage, lead_days=days, lead_factor=factor, variability=variability, least_order=least
    )
    assert (buffer.top_of_red, buffer.top_of_yellow, buffer.top_of_green) == tops


def test_the_order_cycle_may_size_green() -> None:
    buffer = ddmrp_buffer(daily_usage=4, lead_days=10, lead_factor=0.5, variability=0.5, least_order=25, cycle_days=7)
    assert (buffer.green, buffer.on_hand_target) == (28, 44)


@pytest.mark.parametrize(
    ("on_hand", "on_order", "qualified", "flow", "status", "order"),
    [
        (200, 0, 0, 200, Status.OVER, 0),
        (200, 0, 150, 50, Status.YELLOW, 40),
        (50, 0, 0, 50, Status.YELLOW, 40),
        (60, 0, 0, 60, Status.YELLOW, 30),
        (50, 40, 0, 90, Status.GREEN, 0),
        (70, 0, 0, 70, Status.YELLOW, 20),
        (70.5, 0, 0, 70.5, Status.GREEN, 0),
        (20, 0, 0, 20, Status.RED, 70),
        (20, 0, 40, -20, Status.STOCKOUT, 110),
    ],
)
def test_net_flow_says_when_and_how_much(
    on_hand: float, on_order: float, qualified: float, flow: float, status: Status, order: float
) -> None:
    position = net_flow(on_hand=on_hand, on_order=on_order, qualified=qualified)
    assert position == flow
    assert planning_status(position, PART) == status
    assert order_ddmrp(position, PART) == order


def test_an_order_makes_the_next_run_propose_nothing() -> None:
    for position in (-30.0, 0.0, 30.0, 69.0, 70.0):
        assert order_ddmrp(position + order_ddmrp(position, PART), PART) == 0


def test_orders_come_in_whole_packs() -> None:
    assert order_ddmrp(50, PART, multiple=250) == 250
    assert order_ddmrp(50, PART, least_order=300, multiple=250) == 500
    assert order_ddmrp(50, PART, multiple=40) == 40
    nothing = ddmrp_buffer(daily_usage=0, lead_days=10, lead_factor=0.5, variability=0.5)
    assert order_ddmrp(0, nothing) == 0


@pytest.mark.parametrize(
    ("on_hand", "status"),
    [(200, Status.GREEN), (50, Status.GREEN), (30, Status.YELLOW), (16, Status.YELLOW), (15, Status.RED)],
)
def test_stock_itself_is_watched_against_red(on_hand: float, status: Status) -> None:
    assert execution_status(on_hand, PART) == status
    assert execution_status(0, PART) == Status.STOCKOUT


def test_only_spikes_are_seen_before_they_are_due() -> None:
    assert PART.spike_threshold == 15
    demand = [(-3, 2.0), (0, 3.0), (4, 14.0), (6, 9.0), (6, 6.0), (11, 500.0)]
    assert qualified_demand(demand, threshold=15, horizon_days=10) == 2 + 3 + 15
    assert qualified_demand(demand, threshold=14, horizon_days=11) == 2 + 3 + 14 + 15 + 500
    assert qualified_demand([(1, 4.0)], threshold=0, horizon_days=10) == 0


def test_daily_usage_of_the_past_and_blended() -> None:
    assert average_daily_usage(past=120, past_days=120) == 1
    blended = average_daily_usage(past=360, past_days=120, future=120, future_days=120, past_weight=0.5)
    assert blended == 2
    with pytest.raises(Refused):
        average_daily_usage(past=360, past_days=120, past_weight=0.5)
