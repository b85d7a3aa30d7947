"""Edges of reorder points, and orders that leave nothing for the next look to propose."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import Refused
from apps.inventory.planning.reorder import (
    ddmrp_buffer,
    fill_rate_point,
    kanban_cards,
    order_ddmrp,
    order_kanban,
    order_r_s,
    order_s_q,
    order_s_s,
    reorder_point,
)


def test_lead_time_variance_counts_and_the_arithmetic_says_so() -> None:
    found = reorder_point(daily_demand=50, daily_sd=10, lead_days=4, lead_sd=0.5)
    assert found.arithmetic == (
        "z(0.95) = 1.645; √(4 × 10² + 50² × 0.5²) = 32.02; safety stock 1.645 × 32.02 = 52.66; "
        "reorder point 50 × 4 + 52.66 = 252.66"
    )


def test_more_taken_back_than_used_is_no_demand() -> None:
    """One such item in a run over thousands of policies is no reason to stop the run or to order less than nothing."""
    assert reorder_point(daily_demand=-2, daily_sd=0, lead_days=9, lead_sd=3).reorder_point == 0
    buffer = ddmrp_buffer(daily_usage=-2, lead_days=9, lead_factor=0.5, variability=0.5)
    assert buffer.top_of_green == 0 and order_ddmrp(0, buffer) == 0


def test_a_lot_far_larger_than_the_doubt_needs_less_than_the_mean() -> None:
    k, safety, point = fill_rate_point(order_quantity=1000, demand_mean=100, demand_sd=1, fill_rate=0.9)
    assert (k, safety, point) == pytest.approx((-100, -100, 0), abs=1e-9)
    assert fill_rate_point(order_quantity=50, demand_mean=80, demand_sd=0, fill_rate=0.9) == (0, 0, 80)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: reorder_point(daily_demand=1, daily_sd=1, lead_days=1, service_level=1),
        lambda: reorder_point(daily_demand=1, daily_sd=-1, lead_days=1),
        lambda: fill_rate_point(order_quantity=0, demand_mean=1, demand_sd=1, fill_rate=0.9),
        lambda: fill_rate_point(order_quantity=5, demand_mean=1, demand_sd=1, fill_rate=95),
        lambda: kanban_cards(daily_demand=1, lead_days=1, safety_share=0, card=0),
    ],
)
def test_wrong_figures_are_named(wrong: Callable[[], object]) -> None:
    with pytest.raises(Refused) as refused:
        wrong()
    assert refused.value.field


def test_a_backlog_takes_cards_on_top() -> None:
    assert [order_kanban(at, cards=5, card=10) for at in (50, 41, 40, 0, -4, -14)] == [0, 0, 10, 50, 50, 60]


def test_two_decimals_do_not_leave_the_position_at_the_point() -> None:
    assert order_s_q(-0.87, s=3.58, q=0.05) == pytest.approx(4.5)


amounts = st.decimals("0.01", "400", places=2)


@given(st.decimals("-300", "300", places=2), amounts, amounts, st.integers(0, 40))
def test_the_next_look_proposes_nothing(position: Decimal, low: Decimal, size: Decimal, cards: int) -> None:
    s, lot, up_to = float(low), float(size), float(low + size)
    policies: list[Callable[[float], float]] = [
        lambda at: order_s_q(at, s=s, q=lot),
        lambda at: order_s_s(at, s=s, up_to=up_to),
        lambda at: order_r_s(at, up_to=up_to, days_since_review=None, review_days=7),
        lambda at: order_kanban(at, cards=cards, card=lot),
        lambda at: order_ddmrp(at, ddmrp_buffer(daily_usage=s, lead_days=9, lead_factor=0.4, variability=0.5)),
    ]
    for order in policies:
        quantity = Decimal(repr(order(float(position)))).quantize(Decimal("0.000001"))
        assert order(float(position + quantity)) == 0
