"""Reorder points against published figures, classes, proposals that are made once, and worth that foots."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.registry import Registry
from apps.inventory import queries, services, supply
from apps.inventory.models import Item, Move, Proposal, StockPolicy
from apps.inventory.planning import classes, reorder
from apps.inventory.services import proposing
from apps.inventory.valuation import Difference, Flow, fold
from tests.factories import inventory as make
from tests.factories import people
from tests.support.shared_data import SHARED

D = Decimal
DAY = date(2026, 12, 1)
FILE = SHARED / "inventory_science" / "expected.json"
CASES = json.loads(FILE.read_text())["cases"] if FILE.exists() else []


@pytest.fixture
def cast(db: None) -> Any:
    with scope.system("a test"):
        yield people.cast()


def test_the_published_safety_stock() -> None:
    found = reorder.reorder_point(daily_demand=50, daily_sd=10, lead_days=4, lead_sd=0.5, service_level=0.95)
    assert (round(found.safety_stock, 2), round(found.reorder_point, 2)) == (52.66, 252.66)
    assert "50 × 4 + 52.66 = 252.66" in found.arithmetic


@pytest.mark.skipif(not CASES, reason="the published cases are not on this machine")
@pytest.mark.parametrize(
    "case", [one for one in CASES if one["id"].startswith(("rop", "fill"))], ids=lambda one: one["id"]
)
def test_published_reorder_points(case: dict[str, Any]) -> None:
    asked, wanted = case["input"], case["expected"]
    if case["id"].startswith("rop"):
        found = reorder.reorder_point(
            daily_demand=asked["mean_daily_demand"],
            daily_sd=asked["sd_daily_demand"],
            lead_days=asked["mean_lead_time_days"],
            lead_sd=asked["sd_lead_time_days"],
            service_level=asked["cycle_service_level"],
        )
        assert (found.z, found.safety_stock, found.reorder_point) == pytest.approx(
            (wanted["z"], wanted["safety_stock"], wanted["reorder_point"]), rel=1e-9
        )
    else:
        k, safety, point = reorder.fill_rate_point(
            order_quantity=asked["order_quantity"],
            demand_mean=asked["lead_time_demand_mean"],
            demand_sd=asked["lead_time_demand_sd"],
            fill_rate=asked["fill_rate"],
        )
        assert (k, safety, point) == pytest.approx(
            (wanted["k"], wanted["safety_stock"], wanted["reorder_point"]), rel=1e-6
        )


def test_how_much_each_policy_orders() -> None:
    assert reorder.order_s_q(10, s=10, q=25) == 25
    assert reorder.order_s_q(10.1, s=10, q=25) == 0
    assert reorder.order_s_q(-30, s=10, q=25) == 50  # one order would not bring it above s
    assert reorder.order_s_s(7, s=10, up_to=40) == 33
    assert reorder.order_r_s(30, up_to=40, days_since_review=6, review_days=7) == 0
    assert reorder.order_r_s(30, up_to=40, days_since_review=7, review_days=7) == 10
    assert reorder.kanban_cards(daily_demand=100, lead_days=2, safety_share=0.1, card=25) == 9
    assert reorder.order_kanban(130, cards=9, card=25) == 75
    zones = reorder.ddmrp_buffer(daily_usage=10, lead_days=12, lead_factor=0.5, variability=0.5, least_order=50)
    assert (zones.top_of_red, zones.top_of_yellow, zones.top_of_green) == (90, 210, 270)
    assert reorder.order_ddmrp(210, zones) == 60 and reorder.order_ddmrp(211, zones) == 0


def test_classes_by_value_and_by_regularity() -> None:
    values = {"p": D(80), "q": D(15), "r": D(4), "s": D(1), "t": D(0)}
    assert classes.abc(values) == {"p": "A", "q": "B", "r": "C", "s": "C", "t": "C"}
    assert [classes.xyz(one) for one in ([10, 11, 9], [10, 2, 14, 1], [0, 30, 0, 0], [0, 0])] == ["X", "Y", "Z", "Z"]


def test_an_open_proposal_counts_as_supply_so_that_nothing_is_ordered_twice(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 3)
    services.set_policy(item=item, location=shelf, reorder_point=D(5), order_quantity=D(20), actor=cast.manager)
    (first,) = services.propose_orders(today=DAY, actor=cast.manager)
    assert (first.quantity, first.needed_on) == (20, date(2026, 12, 8))
    assert "On hand 3, on its way 0" in first.arithmetic and "order 20" in first.arithmetic
    assert services.propose_orders(today=DAY, actor=cast.manager) == []
    services.accept_proposal(first, actor=cast.manager)
    assert services.propose_orders(today=DAY, actor=cast.manager) == []
    assert supply.open_supply([(item.pk, shelf.pk)]) == {(item.pk, shelf.pk): 20}
    services.dismiss_proposal(Proposal.objects.get(), reason="Wrong", actor=cast.manager)
    assert len(services.propose_orders(today=DAY, actor=cast.manager)) == 1
    with pytest.raises(Refused):
        services.finish_proposal(Proposal.objects.get(pk=first.pk), actor=cast.manager)


def test_what_is_promised_is_not_there_to_plan_with(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 30)
    services.set_policy(item=item, location=shelf, reorder_point=D(5), order_quantity=D(20), actor=cast.manager)
    assert services.propose_orders(today=DAY, actor=cast.manager) == []
    monkeypatch.setattr(supply, "demands", Registry("source of promised demand"))
    supply.promise("orders", lambda places: {(item.pk, shelf.pk): D(27)} if (item.pk, shelf.pk) in places else {})
    supply.promise("kits", lambda places: {(item.pk, shelf.pk): D(1)})
    (short,) = queries.shortages(cast.manager)
    assert (short.on_hand, short.missing) == (2, 3)
    (made,) = services.propose_orders(today=DAY, actor=cast.manager)
    assert made.quantity == 20 and "On hand 30, on its way 0, promised 28" in made.arithmetic


def test_ddmrp_factors_are_the_policys_own(cast: Any) -> None:
    """Zones by hand: usage 10 a day, 12 days; factors 0.2 and 0.4: red 24 + 9.6, yellow 120, green 24."""
    item, shelf = make.item(cast.company.plant, cast.manager), make.place(cast.company.plant, cast.manager)
    services.set_policy(
        item=item, location=shelf, method="ddmrp", lead_days=D(12), daily_demand=D(10), daily_sd=D(0), lead_factor=D("0.2"),
        variability=D("0.4"), actor=cast.manager,
    )  # fmt: skip
    (made,) = services.propose_orders(today=DAY, actor=cast.manager)
    assert made.quantity == D("177.6")


def test_quantities_are_suggested_with_their_arithmetic(cast: Any, client: Client) -> None:
    """Snyder and Shen, examples 3.1 and 3.8: K 8, D 1300, h 0.225 (0.3 of 0.75); price breaks 400 at 0.72 and 800 at 0.68."""
    item = make.item(cast.company.plant, cast.manager, standard_cost=D("0.75"))
    shelf = make.place(cast.company.plant, cast.manager)
    values: dict[str, Any] = {
        "location": shelf, "order_quantity": D(100), "daily_demand": D(1300) / 365, "daily_sd": D(0), "order_cost": D(8),
        "holding_rate": D("0.3"), "order_group": "Candy", "actor": cast.manager,
    }  # fmt: skip
    values["daily_demand"] = values["daily_demand"].quantize(D("0.000001"))
    policy = services.set_policy(item=item, price_breaks={"800": "0.68", "400": 0.72}, **values)
    assert policy.price_breaks == {"400": "0.72", "800": "0.68"}
    found = {one.method: one for one in services.suggest_quantities(policy, today=DAY)}
    lot = found["Economic order quantity"]
    assert (lot.quantity, lot.cost_per_year) == (pytest.approx(304.05, abs=0.01), pytest.approx(68.41, abs=0.01))
    assert found["With price breaks"].quantity == pytest.approx(800)
    assert found["With price breaks"].cost_per_year == pytest.approx(978.60, abs=0.01)
    assert "Ordered together" not in found
    services.set_policy(item=make.item(cast.company.plant, cast.manager, standard_cost=D(2)), **values)
    shared = {one.method: one for one in services.suggest_quantities(policy, today=DAY)}["Ordered together"]
    # Two items, both in each order: T = sqrt(2 * 8 / (0.225 * 1300 + 0.6 * 1300))
    assert shared.quantity == pytest.approx(1300 * (16 / (0.825 * 1300)) ** 0.5, abs=0.01)
    client.force_login(cast.manager)
    page = client.get(f"/stock-policies/{policy.pk}/").content.decode()
    assert "304.05" in page and "800" in page
    for breaks in ({"0": "1"}, {"5": "1", "9": "2"}, {"x": "1"}, ["5"]):
        with pytest.raises(Refused) as caught:
            services.change_policy(policy, price_breaks=breaks, actor=cast.manager)
        assert caught.value.field == "price_breaks"


def test_a_policy_says_what_it_lacks(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 3)
    for method, field in (
        ("sQ", "order_quantity"),
        ("sS", "order_up_to"),
        ("RS", "order_up_to"),
        ("kanban", "order_quantity"),
    ):
        with pytest.raises(Refused) as caught:
            services.set_policy(item=item, location=shelf, method=method, actor=cast.manager)
        assert caught.value.field == field
    with pytest.raises(Refused):
        services.set_policy(
            item=item, location=shelf, method="sS", reorder_point=D(9), order_up_to=D(8), actor=cast.manager
        )


def test_demand_of_the_ledger_makes_the_reorder_point(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 1000)
    services.set_policy(item=item, location=shelf, order_quantity=D(10), lead_days=D(10), actor=cast.manager)
    (wrong,) = services.issue_stock(item=item, at=shelf, quantity=D(50), actor=cast.manager)
    services.reverse_move(wrong, reason="Twice", actor=cast.manager)
    services.issue_stock(item=item, at=shelf, quantity=D(90), actor=cast.manager)
    today = wrong.effective_at.date()
    days = queries.daily_demand(item, shelf, until=today)
    assert (len(days), days[-1], sum(days)) == (90, 90, 90)
    policy = StockPolicy.objects.get()
    mean, spread = proposing.demand_of(policy, today)
    assert mean == 1 and spread == pytest.approx(9.4868, abs=1e-4)


def test_items_are_classed_by_what_was_used(cast: Any) -> None:
    shelf = make.place(cast.company.plant, cast.manager)
    items = []
    for used in (80, 15, 4):
        item = make.item(cast.company.plant, cast.manager, standard_cost=D(1))
        services.receive_stock(item=item, to=shelf, quantity=D(100), actor=cast.manager)
        services.issue_stock(item=item, at=shelf, quantity=D(used), actor=cast.manager)
        items.append(item)
    services.class_items(today=timezone.localdate())
    assert [Item.objects.get(pk=one.pk).abc for one in items] == ["A", "B", "C"]


FLOWS = st.lists(
    st.tuples(st.booleans(), st.integers(1, 10_000), st.integers(0, 5_000)).map(
        lambda one: Flow(D(one[1]) / 100 if one[0] else -D(one[1]) / 100, D(one[2]) / 100)
    ),
    max_size=40,
)


@given(flows=FLOWS)
@settings(max_examples=200, deadline=None)
def test_worth_foots_to_the_ledger(flows: list[Flow]) -> None:
    kept, stock = [], D(0)
    for one in flows:  # what is not there is not given out
        if one.quantity > 0 or stock + one.quantity >= 0:
            kept.append(one)
            stock += one.quantity
    worth = fold(kept)
    assert worth.quantity == Fraction(stock)
    assert worth.put_in == worth.given_average + worth.average_value == worth.given_fifo + worth.fifo_value
    assert sum((quantity for quantity, _, _ in worth.layers), Fraction(0)) == Fraction(stock)


STEPS = st.lists(
    st.tuples(st.sampled_from(("in", "out", "back", "dearer")), st.integers(1, 50), st.integers(0, 300)), max_size=40
)


@given(steps=STEPS)
@settings(max_examples=300, deadline=None)
def test_worth_foots_with_things_taken_back_and_prices_that_change(steps: list[tuple[str, int, int]]) -> None:
    flows: list[Flow | Difference] = []
    stock, came, went = 0, dict[int, int](), dict[int, int]()
    for key, (what, many, cost) in enumerate(steps, 1):
        if what == "in":
            flows.append(Flow(D(many), D(cost), key))
            stock, came[key] = stock + many, many
        elif what == "out" and many <= stock:
            flows.append(Flow(D(-many), key=key))
            stock, went[key] = stock - many, many
        elif what == "back" and went:
            first = min(went)
            flows.append(Flow(D(went[first]), D(999), key, first))
            stock += went.pop(first)
        elif what == "dearer" and came:
            of = max(came)
            flows.append(Difference(of, D(came[of]), D(cost - 100) / 100))
    worth = fold(flows)
    assert worth.quantity == stock == sum((one[0] for one in worth.layers), Fraction(0))
    assert worth.put_in == worth.given_average + worth.variance_average + worth.average_value
    assert worth.put_in == worth.given_fifo + worth.variance_fifo + worth.fifo_value


def test_a_difference_of_price_is_shared_by_what_is_still_there() -> None:
    """SAP Community's example of a moving average price: 3 received at 50, 1 issued, 3 invoiced at 10.

    The two that are there are worth 20, and 40 less is price difference. And SAP Library, "Material with MAP Without Stock
    Coverage": of 100 received, 80 are there when the invoice comes, so 80 parts of 100 go to stock.
    """
    worth = fold([Flow(D(3), D(50), 1), Flow(D(-1)), Difference(1, D(3), D(-40))])
    assert (worth.average_value, worth.fifo_value) == (20, 20)
    assert (worth.variance_average, worth.variance_fifo) == (-40, -40)
    short = fold([Flow(D(100), D(10), 1), Flow(D(-20)), Difference(1, D(100), D("0.5"))])
    assert (short.average_value, short.variance_average) == (840, 10)
    # The two ways part: FIFO knows that the dear ones are all still there, the average only that something is.
    apart = fold([Flow(D(10), D(2), 1), Flow(D(10), D(4), 2), Flow(D(-10)), Difference(1, D(10), D(1))])
    assert (apart.fifo_value, apart.variance_fifo) == (40, 10)
    assert (apart.average_value, apart.variance_average) == (40, 0)


def test_what_is_taken_back_comes_at_the_cost_it_went_out_with(cast: Any) -> None:
    item = make.item(cast.company.plant, cast.manager, standard_cost=D(99))
    shelf = make.place(cast.company.plant, cast.manager)
    for cost in (10, 12):
        services.receive_stock(item=item, to=shelf, quantity=D(10), unit_cost=D(cost), actor=cast.manager)
    (out,) = services.issue_stock(item=item, at=shelf, quantity=D(15), actor=cast.manager)
    services.reverse_move(out, reason="Not sent", actor=cast.manager)
    worth = queries.worth_of(item)
    assert (worth.fifo_value, worth.average_value, worth.put_in) == (220, 220, 220)
    assert [(quantity, cost) for quantity, cost, _ in worth.layers] == [(10, 10), (5, 12), (5, 12)]
    receipt = Move.objects.filter(item=item, kind="receive").latest("pk")
    services.reverse_move(receipt, reason="Never came", actor=cast.manager)
    assert [(quantity, cost) for quantity, cost, _ in queries.worth_of(item).layers] == [(10, 10)]


def test_worth_of_a_textbook_example(cast: Any) -> None:
    """Ten at 10, ten at 12, fifteen out: FIFO leaves 5 at 12, the moving average 5 at 11."""
    item, shelf = make.item(cast.company.plant, cast.manager), make.place(cast.company.plant, cast.manager)
    for cost in (10, 12):
        services.receive_stock(item=item, to=shelf, quantity=D(10), unit_cost=D(cost), actor=cast.manager)
    services.issue_stock(item=item, at=shelf, quantity=D(15), actor=cast.manager)
    worth = queries.worth_of(item)
    assert (worth.fifo_value, worth.average_value) == (60, 55)


def test_demand_is_forecast_by_the_method_that_would_have_done_best(cast: Any, client: Client) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 100_000)
    monday = timezone.now().replace(hour=12) - timedelta(days=timezone.now().weekday())
    services.receive_stock(
        item=item, to=shelf, quantity=D(10_000), effective_at=monday - timedelta(weeks=41), actor=cast.manager
    )
    for week in range(1, 41):  # sporadic: every fourth week something is used
        if week % 4 == 0:
            services.issue_stock(
                item=item, at=shelf, quantity=D(40), effective_at=monday - timedelta(weeks=week), actor=cast.manager
            )
    found = queries.outlook(item, today=timezone.localdate())
    assert (len(found.demand), sum(found.demand)) == (40, 400)
    assert found.ahead is not None and {"croston", "sba", "tsb"} <= {name.lower() for name in found.ahead.tried}
    assert found.ahead.mase == min(found.ahead.tried.values())
    client.force_login(cast.by_role["OPM"])
    page = client.get(f"/items/{item.pk}/demand/")
    assert page.status_code == 200 and b"Methods tried" in page.content
    answer = client.get(f"/api/v1/items/{item.pk}/forecast/").json()
    assert answer["method"] == found.ahead.method and len(answer["values"]) == 8
    quiet = make.item(cast.company.plant, cast.manager)
    assert client.get(f"/api/v1/items/{quiet.pk}/forecast/").status_code == 422
    assert b"No forecast yet" in client.get(f"/items/{quiet.pk}/demand/").content


def test_what_was_not_there_yet_goes_out_at_the_cost_of_what_comes_next() -> None:
    """Five go out of nothing, ten come in at 10: the five that are left are worth 50, not 100."""
    early = fold([Flow(D(-5), key=1), Flow(D(10), D(10), 2)])
    assert (early.quantity, early.average_value, early.fifo_value, early.given_average, early.given_fifo) == (
        5,
        50,
        50,
        50,
        50,
    )
    twice = fold([Flow(D(-5), key=1), Flow(D(3), D(10), 2), Flow(D(4), D(20), 3)])
    assert (twice.quantity, twice.fifo_value, twice.given_fifo, twice.average_value) == (2, 40, 70, 40)
    for came in (3, 10):
        back = fold([Flow(D(-5), key=1), Flow(D(came), D(10), 2), Flow(D(5), key=3, reverses=1)])
        assert (back.quantity, back.average_value, back.fifo_value, back.given_fifo) == (came, came * 10, came * 10, 0)


@given(st.lists(st.tuples(st.integers(-20, 20).filter(bool), st.integers(0, 9)), max_size=25))
def test_below_zero_nothing_is_worth_anything_and_sums_hold(steps: list[tuple[int, int]]) -> None:
    worth = fold(Flow(D(quantity), D(cost), at) for at, (quantity, cost) in enumerate(steps, 1))
    assert worth.put_in == worth.given_average + worth.average_value == worth.given_fifo + worth.fifo_value
    assert sum(one[0] for one in worth.layers) == max(worth.quantity, 0)
    assert sum(short for _, short in worth.owed) == max(-worth.quantity, 0)
    assert worth.average_value == 0 or worth.quantity > 0
