"""Purchases in the other two ledgers: goods at their places, money set aside, bound, spent and freed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.budgets import services as budgets
from apps.budgets.models import Commitment, Plan
from apps.core.errors import Refused
from apps.inventory import queries as stock_queries
from apps.inventory import services as inventory
from apps.inventory.models import Lot
from apps.inventory.supply import open_supply
from apps.procurement import queries, services
from apps.procurement.models import Order
from tests.factories.procurement import placed, supplier
from tests.procurement.conftest import decide
from tests.procurement.test_story import invoice, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(cast: Any) -> Any:
    """A part in boxes of twelve kept by lot, a shelf and a place for inspection."""
    root = cast.company.root
    item = inventory.set_item(
        code="SEAL-24", name="Seal kit", department=root, tracking="lot", packs={"box": 12}, actor=None
    )
    place = inventory.set_location(code="A-1", name="Shelf", department=root, actor=None)
    apart = inventory.set_location(code="QA", name="Inspection", department=root, kind="inspection", actor=None)
    return item, place, apart


def test_goods_land_in_stock_and_go_back(cast: Any, shelf: Any) -> None:
    item, place, apart = shelf
    line = {"part": "SEAL-24", "text": "Seal kit", "quantity": "10", "unit": "box", "price": "24"}
    order = placed(cast.company.line, lines=[line])
    assert open_supply([(item.pk, place.pk)]) == {(item.pk, place.pk): D(120)}
    receipt = services.receive_goods(
        order=order,
        lines=[{"line": 1, "quantity": "6", "rejected": "1", "reason": "Wet", "lot": "L7", "expires_on": "2030-01-31"}],
        actor=cast.worker,
    )
    assert (stock_queries.on_hand(item, place), stock_queries.on_hand(item, apart)) == (D(60), D(12))
    assert Lot.objects.get(item=item).expires_on == date(2030, 1, 31)
    assert stock_queries.worth_of(item).average_value == D(144), "72 pieces at 2.00"
    assert open_supply([(item.pk, place.pk)]) == {(item.pk, place.pk): D(60)}
    services.return_goods(receipt, line=1, quantity=D(2), reason="Mould", actor=None)
    assert stock_queries.on_hand(item, place) == D(36)
    wrong = services.receive_goods(order=order, lines=[{"line": 1, "quantity": "1", "lot": "L8"}], actor=cast.worker)
    services.reverse_receipt(wrong, reason="Other order", actor=None)
    assert stock_queries.on_hand(item, place) == D(36)
    refused("lot_missing", services.receive_goods, order=order, lines=[{"line": 1, "quantity": "1"}], actor=None)


def plan_line(cast: Any, amount: str, check: str = "block") -> Any:
    year = timezone.localdate().year
    plan = budgets.draft_plan(
        name="Plan",
        department=cast.company.root,
        fiscal_year=year,
        currency="EUR",
        year_check=check,
        to_date_check="allow",
        period_check="allow",
        owner=cast.by_role["DPM"],
        actor=None,
    )
    line = budgets.add_line(plan=plan, department=cast.company.root, total=D(amount), actor=None)
    budgets.approve_plan(plan, actor=cast.by_role["OPM"])
    return line


def held(record: Any) -> tuple[D, D, D]:
    found = Commitment.objects.filter(document=record.subject())
    return tuple(sum((getattr(one, name) for one in found), D(0)) for name in ("reserved", "encumbered", "spent"))  # type: ignore[return-value]


LINE = {"text": "Grease", "quantity": "10", "unit": "kg", "price": "10"}


def test_money_is_set_aside_bound_spent_and_freed(cast: Any) -> None:
    plan_line(cast, "1000")
    buyer = cast.by_role["BUY"]
    need = services.write_requisition(title="Grease", department=cast.company.line, lines=[LINE], actor=cast.worker)
    services.submit_requisition(need, actor=cast.worker)
    assert held(need) == (100, 0, 0)
    decide(need, cast.manager)
    services.order_requisition(need, supplier=supplier(), actor=buyer)
    order = Order.objects.get(requisition=need)
    services.change_order(order, lines=[{**order.lines[0], "price": "11"}], actor=buyer)
    services.submit_order(order, actor=buyer)
    decide(order, cast.manager)
    assert (held(need), held(order)) == ((0, 0, 0), (0, 110, 0))
    services.receive_goods(order=order, lines=[{"line": 1, "quantity": "4"}], actor=None)
    assert invoice(order, [{"line": 1, "quantity": "4", "price": "11"}]).state == "matched"
    assert held(order) == (0, 66, 44)
    services.close_order(order, reason="The rest is not needed", actor=buyer)
    assert held(order) == (0, 0, 44)


def test_a_block_needs_an_override_by_the_right_person(cast: Any) -> None:
    plan_line(cast, "50")
    buyer = cast.by_role["BUY"]
    need = services.write_requisition(title="Grease", department=cast.company.line, lines=[LINE], actor=cast.worker)
    refused("over_budget", services.submit_requisition, need, actor=cast.worker)
    order = services.draft_order(supplier=supplier(), department=cast.company.line, lines=[LINE], actor=buyer)
    refused("over_budget", services.submit_order, order, actor=buyer)
    with pytest.raises(Refused):
        services.submit_order(order, override="Please", actor=buyer)
    services.submit_order(order, override="Line stands still", actor=cast.by_role["OPM"])
    decide(order, cast.manager)
    assert (order.state, held(order)) == ("placed", (0, 100, 0))


def test_who_loses_the_last_money_is_refused_at_placing(cast: Any) -> None:
    plan_line(cast, "150")
    buyer = cast.by_role["BUY"]
    orders = [
        services.draft_order(supplier=supplier(), department=cast.company.line, lines=[LINE], actor=buyer) for _ in "ab"
    ]
    for order in orders:
        services.submit_order(order, actor=buyer)
    for order in orders:
        decide(order, cast.manager)
    assert [one.state for one in orders] == ["placed", "rejected"]
    assert "left" in orders[1].note


STEPS = st.lists(
    st.tuples(st.sampled_from(["receive", "return", "invoice", "reverse"]), st.integers(1, 7)), min_size=1, max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_quantities_hold_and_closing_leaves_nothing_bound(cast: Any, steps: list[tuple[str, int]]) -> None:
    """Whatever happens in whatever order: accepted ≤ ordered + tolerance, invoiced ≤ accepted, nothing below zero."""
    if not Plan.objects.exists():
        plan_line(cast, "1000000")
    order = placed(cast.company.line, lines=[LINE], supplier=supplier(over_percent=D(10)))
    receipts: list[Any] = []
    for place, (step, size) in enumerate(steps):
        try:
            if step == "receive":
                receipts.append(
                    services.receive_goods(order=order, lines=[{"line": 1, "quantity": str(size)}], actor=None)
                )
            elif step == "invoice":
                invoice(order, [{"line": 1, "quantity": str(size), "price": "10"}], f"N{place}")
            elif receipts and step == "return":
                receipts[-1] = services.return_goods(receipts[-1], line=1, quantity=D(size), reason="Bad", actor=None)
            elif receipts:
                receipts[-1] = services.reverse_receipt(receipts[-1], reason="Wrong", actor=None)
        except Refused:
            pass
        done = queries.progress(order)[1]
        assert 0 <= done.accepted <= D(11)
        assert done.invoiced <= done.received - done.rejected
        reserved, encumbered, spent = held(order)
        assert encumbered >= 0
        assert spent == done.invoiced * 10
        assert encumbered == max(D(0), 100 - done.invoiced * 10)
    services.close_order(order, reason="Over", actor=None)
    assert held(order)[:2] == (0, 0)
