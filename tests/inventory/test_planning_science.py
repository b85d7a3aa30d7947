"""Policies of stock against textbook answers, published tables and what must hold whatever the figures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import Refused
from apps.inventory.planning import eoq, lots, newsvendor, policies
from apps.inventory.planning.demand import Normal, Poisson, normal_loss, normal_second_loss
from tests.support.shared_data import SHARED

DATA = SHARED / "inventory_science"
CASES = json.loads((DATA / "expected.json").read_text()) if DATA.exists() else {"cases": [], "rel_tol": 0}
Figures = dict[str, Any]


def lot(figures: Figures) -> Figures:
    found = eoq.eoq(**figures)
    return {"order_quantity": found.quantity, "annual_cost": found.cost, "orders_per_year": found.orders_per_year}


def lot_cost(figures: Figures) -> Figures:
    return {"annual_cost": eoq.eoq_cost(figures.pop("order_quantity"), **figures)}


def waiting_lot(figures: Figures) -> Figures:
    found = eoq.eoq_backorders(**figures)
    return {
        "order_quantity": found.quantity,
        "stockout_fraction": found.stockout_fraction,
        "annual_cost": found.cost,
    }


def discounted(solve: Callable[..., eoq.DiscountLot]) -> Callable[[Figures], Figures]:
    def answer(figures: Figures) -> Figures:
        found = solve(**figures)
        return {"order_quantity": found.quantity, "region": found.region, "annual_cost_incl_purchase": found.cost}

    return answer


def made(figures: Figures) -> Figures:
    found = eoq.production_quantity(**figures)
    return {"quantity": found.quantity, "cost": found.cost}


def planned(figures: Figures) -> Figures:
    assert figures.pop("num_periods") == len(figures["demand"])
    found = lots.wagner_whitin(**figures)
    return {"order_quantities": list(found.order_quantities), "total_cost": found.total_cost}


def together(figures: Figures) -> Figures:
    found = lots.joint_replenishment(**figures)
    return {
        "order_quantities": list(found.order_quantities),
        "base_cycle_time": found.base_cycle_time,
        "order_multiples": list(found.order_multiples),
        "cost": found.cost,
    }


def normal(figures: Figures) -> Normal:
    return Normal(figures.pop("demand_mean"), figures.pop("demand_sd"))


def one_period(figures: Figures) -> Figures:
    found = newsvendor.newsvendor(demand=normal(figures), **figures)
    return {
        "critical_ratio": found.critical_ratio,
        "order_up_to": found.order_up_to,
        "expected_cost": found.expected_cost,
    }


def pieces(figures: Figures) -> Figures:
    found = newsvendor.newsvendor(demand=Poisson(figures.pop("demand_mean")), **figures)
    return {"order_up_to": found.order_up_to, "expected_cost": found.expected_cost}


def covered(figures: Figures) -> Figures:
    found = newsvendor.base_stock(demand=normal(figures), **figures)
    return {"order_up_to": found.order_up_to, "expected_cost_per_period": found.expected_cost}


def season(figures: Figures) -> Figures:
    found = newsvendor.single_season(demand=normal(figures), **figures)
    return {"order_up_to": found.order_up_to, "expected_profit": found.expected_profit}


def min_max(figures: Figures) -> Figures:
    found = policies.s_s_poisson(**figures)
    return {"s": found.reorder_point, "S": found.order_up_to, "cost": found.cost}


def power(figures: Figures) -> Figures:
    found = policies.s_s_power(**figures)
    return {"s": found.reorder_point, "S": found.order_up_to}


def point_and_lot(found: policies.PointAndLot) -> Figures:
    costs = {} if found.cost is None else {"cost": found.cost}
    return {"r": found.reorder_point, "Q": found.quantity, **costs}


def continuous(figures: Figures) -> Figures:
    review = policies.ContinuousReview(**figures)
    return {
        "expected_inventory_level": point_and_lot(review.by_expected_inventory()),
        "eoq_with_backorders": point_and_lot(review.by_eoq_with_backorders()),
        "eoq_plus_safety_stock": point_and_lot(review.by_eoq_and_safety_stock()),
        "loss_function": point_and_lot(review.by_loss_function()),
    }


MODELS: dict[str, Callable[[Figures], Figures]] = {
    "EOQ": lot,
    "EOQ cost at a given quantity": lot_cost,
    "EOQ with backorders": waiting_lot,
    "EOQ, all-units discount": discounted(eoq.all_units_discount),
    "EOQ, incremental discount": discounted(eoq.incremental_discount),
    "economic production quantity": made,
    "Wagner-Whitin lot sizing": planned,
    "joint replenishment, Silver heuristic": together,
    "newsvendor, normal demand": one_period,
    "newsvendor, Poisson demand": pieces,
    "newsvendor by price, cost and salvage": season,
    "base-stock with lead time 4 (review period 1: exposure L+1)": covered,
    "optimal (s,S), Poisson demand, no lead time": min_max,
    "(s,S) by the power approximation": power,
    "(r,Q) continuous review, normal demand; demand_mean and demand_sd are per year, lead_time in years": continuous,
    "exact (r,Q), Poisson demand": lambda figures: point_and_lot(policies.r_q_poisson(**figures)),
}


def same(found: Any, expected: Any, path: str = "") -> None:
    if isinstance(expected, dict):
        for name, value in expected.items():
            same(found[name], value, f"{path}.{name}")
    else:
        assert found == pytest.approx(expected, rel=CASES["rel_tol"]), path


@pytest.mark.skipif(not DATA.exists(), reason="the textbook answers are not on this machine")
@pytest.mark.parametrize(
    "case",
    [case for case in CASES["cases"] if not case["model"].startswith("reorder point")],
    ids=lambda case: case["id"],
)
def test_textbook_answers(case: Figures) -> None:
    same(MODELS[case["model"]](dict(case["input"])), case["expected"])


# Answers published elsewhere ---------------------------------------------------------------------------------------

ZHENG_FEDERGRUEN = """
    10 6 40 35.022 | 15 10 49 42.698 | 20 14 62 49.173 | 21 15 65 50.406 | 22 16 68 51.632 | 23 17 52 52.757
    24 18 54 53.518 | 25 19 56 54.262 | 30 23 66 57.819 | 35 28 77 61.215 | 40 33 87 64.512 | 45 37 97 67.776
    50 42 108 70.975 | 51 43 110 71.611 | 52 44 112 72.246 | 55 47 118 74.149 | 59 51 126 76.679 | 60 52 129 77.306
    61 52 131 77.929 | 63 54 73 78.287 | 64 55 74 78.402 | 65 56 75 78.518 | 70 62 81 79.037 | 75 67 86 79.554
"""


@pytest.mark.parametrize("row", ZHENG_FEDERGRUEN.replace("\n", "|").split("|"))
def test_optimal_s_s_of_the_1991_table(row: str) -> None:
    """Zheng and Federgruen (1991), table 1: K = 64, h = 1, p = 9."""
    if not row.strip():
        return
    mean, low, top, cost = (float(figure) for figure in row.split())
    found = policies.s_s_poisson(holding_cost=1, stockout_cost=9, fixed_cost=64, demand_mean=mean)
    assert (found.reorder_point, found.order_up_to) == (low, top)
    assert found.cost == pytest.approx(cost, abs=5e-4)


EXAMPLE_5_1 = policies.ContinuousReview(
    holding_cost=0.225, stockout_cost=7.5, fixed_cost=8, demand_mean=1300, demand_sd=150, lead_time=1 / 12
)
PROBLEM_5_1 = policies.ContinuousReview(
    holding_cost=3.1, stockout_cost=45, fixed_cost=50, demand_mean=800, demand_sd=40, lead_time=4 / 365
)
PROBLEM_5_3 = policies.ContinuousReview(
    holding_cost=0.225 / 1.05, stockout_cost=40, fixed_cost=85, demand_mean=192, demand_sd=17.4, lead_time=3
)


@pytest.mark.parametrize(
    ("review", "point", "quantity", "cost"),
    [
        (EXAMPLE_5_1, 126.8, 328.5, 78.071162509282942),
        (EXAMPLE_5_1, 100, 250, 87.346478028174985),
        (PROBLEM_5_1, -1.9859, 166.95, 484.2110418415538),
        (PROBLEM_5_1, 100, 250, 830.3219178082192),
    ],
)
def test_cost_of_a_given_r_q(review: policies.ContinuousReview, point: float, quantity: float, cost: float) -> None:
    """Snyder and Shen, example 5.1 and problem 5.1, there by numerical integration."""
    assert review.cost(point, quantity) == pytest.approx(cost, rel=1e-7)


@pytest.mark.parametrize(
    ("review", "quantity", "point"),
    [
        (EXAMPLE_5_1, 318, 127.7880348669655),
        (EXAMPLE_5_1, 750, 99.85377339616528),
        (PROBLEM_5_1, 150, -0.885130303271656),
        (PROBLEM_5_3, 318, 612.1331312304716),
    ],
)
def test_best_point_for_a_given_lot(review: policies.ContinuousReview, quantity: float, point: float) -> None:
    assert review.best_point(quantity) == pytest.approx(point, rel=1e-6)


def test_expected_inventory_of_other_problems() -> None:
    one, other = PROBLEM_5_1.by_expected_inventory(), PROBLEM_5_3.by_expected_inventory()
    assert (one.reorder_point, one.quantity) == pytest.approx((17.972649360167715, 162.1231617283653))
    assert one.cost == pytest.approx(531.1189321826714)
    assert (other.reorder_point, other.quantity) == pytest.approx((644.8385303830128, 400.7559793125993))


def test_lot_sizes_of_other_problems() -> None:
    every = lots.wagner_whitin(demand=[730, 580, 445, 650, 880], fixed_cost=100, holding_cost=0.1)
    assert every.order_quantities == (1310, 0, 1095, 0, 880)
    late = lots.wagner_whitin(
        demand=[0, 0, 0, 0, 0, 7], fixed_cost=[110, 108, 110, 120, 125, 134], holding_cost=[1] * 6
    )
    assert (late.order_quantities, late.total_cost) == ((0, 0, 7, 0, 0, 0), 131)
    joint = lots.joint_replenishment(
        shared_fixed_cost=20000,
        individual_fixed_costs=[36000, 46000, 34000, 38000],
        holding_costs=[1000, 900, 1200, 1000],
        demand_rates=[1780, 445, 920, 175],
    )
    assert joint.order_multiples == (1, 2, 1, 3)
    assert joint.cost == pytest.approx(1028646.3597045067)


# What must hold ----------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=7), st.integers(0, 90), st.lists(st.integers(0, 5), min_size=7)
)
def test_no_other_plan_is_cheaper(demand: list[int], fixed: int, carry: list[int]) -> None:
    """Every choice of periods to order in, tried one by one; an order lasts until the next one."""
    holding = carry[: len(demand)]

    def cost(chosen: tuple[int, ...]) -> float:
        total, stock = 0.0, 0.0
        for at, needed in enumerate(demand):
            if chosen[at]:
                until = next((later for later in range(at + 1, len(demand)) if chosen[later]), len(demand))
                ordered = sum(demand[at:until])
                total, stock = total + fixed * (ordered > 0), stock + ordered
            stock -= needed
            total += holding[at] * stock
        return total

    found = lots.wagner_whitin(demand=demand, fixed_cost=fixed, holding_cost=holding)
    others = (cost(chosen) for chosen in product((0, 1), repeat=len(demand)) if chosen[0])
    assert found.total_cost == pytest.approx(min(others))
    assert sum(found.order_quantities) == sum(demand)


amount = st.floats(0.05, 50)


@settings(max_examples=40, deadline=None)
@given(amount, amount, amount, st.floats(1, 2000), st.floats(0, 0.6), st.floats(0.01, 2))
def test_no_approximation_beats_the_exact_r_q(
    holding: float, stockout: float, fixed: float, mean: float, spread: float, lead: float
) -> None:
    review = policies.ContinuousReview(
        holding_cost=holding,
        stockout_cost=stockout,
        fixed_cost=fixed,
        demand_mean=mean,
        demand_sd=mean * spread,
        lead_time=lead,
    )
    best = review.exact()
    assert best.cost is not None
    for other in (review.by_eoq_with_backorders(), review.by_eoq_and_safety_stock(), review.by_loss_function()):
        assert best.cost <= review.cost(other.reorder_point, other.quantity) * (1 + 1e-9)
    sure = eoq.eoq_backorders(fixed_cost=fixed, holding_cost=holding, stockout_cost=stockout, demand_rate=mean)
    assert best.cost >= sure.cost * (1 - 1e-9)
    if spread == 0:
        assert best.cost == pytest.approx(sure.cost)


def test_demand_without_doubt_is_the_eoq_with_backorders() -> None:
    sure = policies.ContinuousReview(
        holding_cost=0.225, stockout_cost=5, fixed_cost=8, demand_mean=1300, demand_sd=0, lead_time=0.5
    )
    best = sure.exact()
    assert best.quantity == pytest.approx(310.81255515896464)
    assert best.cost == pytest.approx(66.92136355097325)
    assert best.reorder_point == pytest.approx(650 - 310.81255515896464 * 0.0430622009569378)


@pytest.mark.parametrize(("mean", "lead"), [(1.5, 2.0), (6, 1.0), (0.2, 0.5), (30, 1.0)])
def test_no_other_r_q_is_cheaper_for_single_pieces(mean: float, lead: float) -> None:
    costs = {"holding_cost": 20, "stockout_cost": 150}
    found = policies.r_q_poisson(**costs, fixed_cost=100, demand_mean=mean, lead_time=lead)
    demand = Poisson(mean * lead)
    rates = {at: newsvendor.expected_cost(at, **costs, demand=demand) for at in range(-40, 120)}
    tried = [
        (100 * mean + sum(rates[at] for at in range(point + 1, point + quantity + 1))) / quantity
        for point, quantity in product(range(-20, 60), range(1, 50))
    ]
    assert found.cost == pytest.approx(min(tried))


def test_expected_shortage_is_that_of_the_definition() -> None:
    demand = Poisson(7.3)
    for level in (-2, 0, 3, 7, 7.5, 12, 40):
        direct = sum(max(units - level, 0) * demand.chance(units) for units in range(400))
        assert demand.shortage(level) == pytest.approx(direct, rel=1e-9, abs=1e-12)
    step = 1e-3
    for k in (-3.0, -0.5, 0.0, 1.0, 4.0):
        area = sum(normal_loss(k + (at + 0.5) * step) for at in range(12_000)) * step
        assert normal_second_loss(k) == pytest.approx(area, rel=1e-5)


def test_far_tails_and_large_means_keep_their_digits() -> None:
    assert 0 < normal_loss(9) < 1e-19
    large = Poisson(20_000)
    assert math.fsum(large.chances) == pytest.approx(1, abs=1e-9)
    near = Normal(20_000, math.sqrt(20_000))
    assert large.quantile(0.95) == pytest.approx(near.quantile(0.95), abs=2)
    assert large.shortage(20_100) == pytest.approx(near.shortage(20_100), rel=0.01)


# Bad input ---------------------------------------------------------------------------------------------------------

BANDS: Figures = {"fixed_cost": 8, "holding_cost_rate": 0.3, "demand_rate": 1300}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda: eoq.eoq(fixed_cost=8, holding_cost=0, demand_rate=1), "out_of_range"),
        (lambda: eoq.eoq(fixed_cost=8, holding_cost=math.nan, demand_rate=1), "out_of_range"),
        (lambda: eoq.eoq(fixed_cost=math.inf, holding_cost=1, demand_rate=1), "out_of_range"),
        (
            lambda: eoq.production_quantity(fixed_cost=1, holding_cost=1, demand_rate=9, production_rate=9),
            "too_slow",
        ),
        (lambda: eoq.all_units_discount(**BANDS, breakpoints=[], unit_costs=[]), "lengths_differ"),
        (lambda: eoq.all_units_discount(**BANDS, breakpoints=[0, 9], unit_costs=[1]), "lengths_differ"),
        (lambda: eoq.all_units_discount(**BANDS, breakpoints=[1, 9], unit_costs=[2, 1]), "bands_out_of_order"),
        (lambda: eoq.incremental_discount(**BANDS, breakpoints=[0, 9], unit_costs=[1, 2]), "prices_rise"),
        (lambda: lots.wagner_whitin(demand=[], fixed_cost=1, holding_cost=1), "lengths_differ"),
        (lambda: lots.wagner_whitin(demand=[1, -1], fixed_cost=1, holding_cost=1), "out_of_range"),
        (lambda: lots.wagner_whitin(demand=[1, 1], fixed_cost=[1], holding_cost=1), "lengths_differ"),
        (lambda: Normal(5, -1), "out_of_range"),
        (lambda: Poisson(1e9), "demand_too_large"),
        (
            lambda: newsvendor.single_season(revenue=1, purchase_cost=2, salvage_value=0, demand=Normal(5, 1)),
            "no_margin",
        ),
        (
            lambda: policies.ContinuousReview(
                holding_cost=50, stockout_cost=0.01, fixed_cost=8, demand_mean=9, demand_sd=1, lead_time=1
            ).by_expected_inventory(),
            "shortage_too_cheap",
        ),
    ],
)
def test_wrong_figures_are_named(wrong: Callable[[], object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        wrong()
    assert refused.value.code == code
