"""Purchases in the other two ledgers: goods at their places, money set aside, bound, spent and freed."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.budgets import quality as budget_quality
from apps.budgets import queries as budget_queries
from apps.budgets import services as budgets
from apps.budgets.models import Commitment, Entry, Plan
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.inventory import queries as stock_queries
from apps.inventory import services as inventory
from apps.inventory.models import Level, Lot
from apps.inventory.supply import open_supply
from apps.procurement import handlers, queries, services
from apps.procurement.models import Order, Requisition
from apps.procurement.services.orders import decide_order
from tests.factories import people
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
    line_budget = plan_line(cast, "1000")
    bad = budget_quality.sources(line_budget.plan, cast.by_role["OPM"], through=12)
    assert {(one.key, one.quality, one.amount) for one in bad} == {
        ("procurement.rejected", "internal", D(24)),
        ("procurement.returned", "internal", D(48)),
    }
    assert {record.subject for one in bad for record in one.records} == {receipt.subject()}
    wrong = services.receive_goods(order=order, lines=[{"line": 1, "quantity": "1", "lot": "L8"}], actor=cast.worker)
    services.reverse_receipt(wrong, reason="Other order", actor=None)
    assert stock_queries.on_hand(item, place) == D(36)
    refused("lot_missing", services.receive_goods, order=order, lines=[{"line": 1, "quantity": "1"}], actor=None)


def test_goods_go_back_in_parts_by_lot_and_from_where_they_lie(cast: Any, shelf: Any) -> None:
    root = cast.company.root
    gauge = inventory.set_item(code="GAUGE", name="Gauge", department=root, tracking="serial", actor=None)
    dock = inventory.set_location(code="DOCK", name="Dock", department=root, kind="transit", actor=None)
    order = placed(cast.company.line, lines=[{"part": "GAUGE", "text": "Gauge", "quantity": "3", "price": "24"}])
    receipt = services.receive_goods(
        order=order, place=dock, lines=[{"line": 1, "quantity": "3", "serials": "A B C"}], actor=None
    )

    def back(**values: Any) -> Any:
        return services.return_goods(receipt, line=1, quantity=D(1), reason="Bad", actor=None, **values)

    back(lot="B")
    refused("no_lot", back, lot="B")
    refused("no_lot", back, lot="D")
    back()
    assert [one.lot.number for one in Level.objects.filter(item=gauge, location=dock, quantity=1)] == ["A"]
    back()
    assert stock_queries.on_hand(gauge) == 0


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


def test_a_cancelled_order_sets_the_money_of_its_requisition_aside_again(cast: Any) -> None:
    plan_line(cast, "1000")
    buyer = cast.by_role["BUY"]
    need = services.write_requisition(title="Grease", department=cast.company.line, lines=[LINE], actor=cast.worker)
    services.submit_requisition(need, actor=cast.worker)
    decide(need, cast.manager)
    services.order_requisition(need, supplier=supplier(), actor=buyer)
    order = Order.objects.get(requisition=need)
    services.submit_order(order, actor=buyer)
    decide(order, cast.manager)
    assert (held(need), held(order)) == ((0, 0, 0), (0, 100, 0))
    services.cancel_order(order, reason="They cannot deliver", actor=buyer)
    need.refresh_from_db()
    assert (need.state, held(need), held(order)) == ("approved", (100, 0, 0), (0, 0, 0))


def test_a_refused_revision_keeps_what_was_bound(cast: Any) -> None:
    plan_line(cast, "1000")
    order = placed(cast.company.line, cast.by_role["BUY"], lines=[LINE])
    assert held(order) == (0, 100, 0)
    more = [{**order.lines[0], "quantity": "20"}]
    services.revise_order(order, lines=more, reason="More is needed", actor=cast.by_role["BUY"])
    order.refresh_from_db()
    assert (order.state, held(order)) == ("waiting", (0, 100, 0))
    decide(order, cast.manager, cast.by_role["DPM"], answer="no", note="Too much for this year")
    assert (order.state, order.total, order.revision, held(order)) == ("placed", D(100), 1, (0, 100, 0))


def test_a_revision_leaves_the_requisition_what_others_need(cast: Any) -> None:
    """One line is ordered: revising that order takes nothing of the other line's money; cancelling gives back what it took."""
    plan_line(cast, "1000")
    buyer = cast.by_role["BUY"]
    lines = [LINE, LINE | {"text": "Oil"}]
    need = services.write_requisition(title="Grease", department=cast.company.line, lines=lines, actor=cast.worker)
    services.submit_requisition(need, actor=cast.worker)
    decide(need, cast.manager)
    services.order_requisition(need, supplier=supplier(), lines=[1], actor=buyer)
    order = Order.objects.get(requisition=need)
    services.submit_order(order, actor=buyer)
    decide(order, cast.manager)
    for price, bound in (("9", 90), ("8", 80)):
        order.refresh_from_db()
        services.revise_order(order, lines=[{**order.lines[0], "price": price}], reason="Cheaper", actor=buyer)
        assert (held(need), held(order)) == ((100, 0, 0), (0, bound, 0))
    order.refresh_from_db()
    services.revise_order(order, lines=[{**order.lines[0], "price": "12"}], reason="Dearer", actor=buyer)
    services.cancel_order(order, reason="They cannot deliver", actor=buyer)
    assert (held(need), held(order)) == ((200, 0, 0), (0, 0, 0)), "also while a revision waits"


def test_an_order_beyond_its_budget_may_still_shrink(cast: Any) -> None:
    line = plan_line(cast, "100")
    order = placed(cast.company.line, lines=[LINE])
    budgets.spend_funds(line=line, amount=D(50), on=timezone.localdate(), document="bill:1", actor=None)
    services.revise_order(order, lines=[{**order.lines[0], "quantity": "8"}], reason="Less will do", actor=None)
    assert held(order) == (0, 80, 0)


def test_closing_keeps_bound_what_came_in_until_it_is_invoiced(cast: Any) -> None:
    plan_line(cast, "1000")
    order = placed(cast.company.line, lines=[LINE])
    receipt = services.receive_goods(order=order, lines=[{"line": 1, "quantity": "4"}], actor=None)
    services.close_order(order, reason="The rest is not needed", actor=None)
    assert held(order) == (0, 40, 0)
    services.return_goods(receipt, line=1, quantity=D(1), reason="Bad", actor=None)
    assert held(order) == (0, 30, 0)
    assert invoice(order, [{"line": 1, "quantity": "3", "price": "10"}]).state == "matched"
    assert held(order) == (0, 0, 30)


def test_an_invoice_of_a_closed_day_or_another_year_counts_on_the_nearest_open_day(cast: Any) -> None:
    year = timezone.localdate().year
    old, new = (yearly(cast, one) for one in (year - 1, year))
    order = placed(cast.company.line, lines=[LINE], ordered_on=date(year - 1, 12, 20))
    services.receive_goods(order=order, lines=[{"line": 1, "quantity": "10"}], actor=None)
    bill = {"line": 1, "quantity": "4", "price": "10"}
    assert invoice(order, [bill], "N1", invoiced_on=date(year, 1, 2)).state == "matched"
    budgets.close_period(old.plan, through=date(year - 1, 12, 30), actor=None)
    assert invoice(order, [bill | {"quantity": "1"}], "N2", invoiced_on=date(year - 1, 12, 21)).state == "matched"
    spent = Entry.objects.filter(account="actual").order_by("pk").values_list("line_id", "on", "amount")
    assert list(spent) == [(old.pk, date(year - 1, 12, 31), 40), (old.pk, date(year - 1, 12, 31), 10)]
    budgets.close_period(old.plan, through=date(year - 1, 12, 31), actor=None)
    assert invoice(order, [bill | {"quantity": "5"}], "N3", invoiced_on=date(year, 1, 2)).state == "matched"
    assert list(spent.all())[2:] == [(new.pk, date(year, 1, 2), 50)]
    tomorrow = timezone.localdate() + timedelta(days=1)
    refused("future", invoice, order, [bill], "N4", invoiced_on=tomorrow)


def yearly(cast: Any, year: int) -> Any:
    plan = budgets.draft_plan(
        name=f"Plan {year}", department=cast.company.root, fiscal_year=year, owner=cast.by_role["DPM"], actor=None
    )
    line = budgets.add_line(plan=plan, department=cast.company.root, total=D(1000), actor=None)
    budgets.approve_plan(plan, actor=cast.by_role["OPM"])
    line.refresh_from_db()
    return line


def test_a_credit_note_gives_the_money_back(cast: Any) -> None:
    """Invoiced, sent back, credited: the order is open for those goods again, and its money is bound again."""
    line = plan_line(cast, "1000")
    order = placed(cast.company.line, lines=[LINE])
    receipt = services.receive_goods(order=order, lines=[{"line": 1, "quantity": "10"}], actor=None)
    assert invoice(order, [{"line": 1, "quantity": "10", "price": "10"}]).state == "matched"
    early = invoice(order, [{"line": 1, "quantity": "3", "price": "10"}], "CN-1", kind="credit")
    assert (early.state, early.verdicts[0]["outcome"]) == ("blocked", "not returned")
    refused("not_releasable", services.release_invoice, early, reason="By phone", actor=cast.manager)
    services.return_goods(receipt, line=1, quantity=D(3), reason="Rancid", actor=None)
    early.refresh_from_db()
    credited = services.match_again(early, actor=None)
    assert (credited.state, held(order)) == ("matched", (0, 30, 100))
    assert Commitment.objects.get(document=credited.subject()).spent == -30
    assert budget_queries.standing(line).actual == 70
    assert budget_queries.standing(line).available == 900
    assert queries.progress(order)[1].invoiced == 7
    short = invoice(order, [{"line": 1, "quantity": "1", "price": "10"}], "CN-2", kind="credit")
    assert short.verdicts[0]["outcome"] == "not returned", "it was credited already"


@pytest.mark.django_db(transaction=True)
def test_eight_orders_race_for_money_that_pays_three() -> None:
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
        people.grant(cast.by_role["BUY"], "BUY", cast.company.root)
        line = plan_line(cast, "350")
        made = [
            services.draft_order(supplier=supplier(), department=cast.company.line, lines=[LINE], actor=None)
            for _ in range(8)
        ]
        Order.objects.filter(pk__in=[one.pk for one in made]).update(state=Order.State.WAITING)
    start = threading.Barrier(8)

    def approve(key: int) -> None:
        try:
            start.wait()
            with transaction.atomic(), scope.system("an approval"):
                decide_order(Order.objects.get(pk=key), approved=True, reason="", actor=None)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=approve, args=(one.pk,)) for one in made]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with transaction.atomic(), scope.system("a test"):
        states = sorted(Order.objects.filter(pk__in=[one.pk for one in made]).values_list("state", flat=True))
        assert states == ["placed"] * 3 + ["rejected"] * 5
        assert budget_queries.standing(line).available == 50


def test_an_accepted_proposal_is_asked_for_once(cast: Any, shelf: Any) -> None:
    item, place, _ = shelf
    plan_line(cast, "100")
    seller = supplier(name="Cheap seals")
    for price, who in (("5", supplier()), ("4", seller)):
        services.agree_prices(
            supplier=who,
            title="Seals",
            valid_from=date(2026, 1, 1),
            lines=[{"part": "SEAL-24", "price": price}],
            actor=None,
        )
    policy = inventory.set_policy(
        item=item,
        location=place,
        method="sQ",
        reorder_point=D(10),
        order_quantity=D(20),
        actor=None,
    )
    (proposal,) = inventory.propose_orders(today=timezone.localdate(), actor=None)
    inventory.accept_proposal(proposal, actor=cast.by_role["OPM"])
    told = Event.objects.filter(name="inventory.proposal_changed").latest("pk")
    for _ in "ab":
        handlers.ask_for_proposal(told)
    wish = Requisition.objects.get(code=f"R-{proposal.code}")
    assert (wish.state, wish.supplier, wish.total, wish.requested_by) == ("waiting", seller, D(80), cast.by_role["OPM"])
    assert open_supply([(item.pk, place.pk)]) == {(item.pk, place.pk): D(20)}
    assert inventory.propose_orders(today=timezone.localdate(), actor=None) == []
    assert policy.item_id == item.pk


def test_a_proposal_stands_where_its_purchase_stands_and_is_never_made_twice(cast: Any, shelf: Any) -> None:
    item, place, _ = shelf
    plan_line(cast, "1000")
    seller, buyer = supplier(name="Seals"), cast.by_role["BUY"]
    inventory.set_policy(
        item=item, location=place, method="sQ", reorder_point=D(10), order_quantity=D(20), actor=None
    )  # fmt: skip
    today = timezone.localdate()

    def stands(proposal: Any, state: str, supply: int) -> None:
        proposal.refresh_from_db()
        assert (proposal.state, sum(open_supply([(item.pk, place.pk)]).values())) == (state, supply)
        assert inventory.propose_orders(today=today, actor=None) == []

    def asked(proposal: Any) -> Requisition:
        inventory.accept_proposal(proposal, actor=cast.by_role["OPM"])
        handlers.ask_for_proposal(Event.objects.filter(name="inventory.proposal_changed").latest("pk"))
        return Requisition.objects.get(proposal=proposal)

    (first,) = inventory.propose_orders(today=today, actor=None)
    stands(first, "open", 20)
    wish = asked(first)
    stands(first, "requested", 20)
    decide(wish, cast.by_role["EXE"], answer="no", note="Not now")
    first.refresh_from_db()
    assert first.state == "dismissed" and "Not now" in first.reason
    (second,) = inventory.propose_orders(today=today, actor=None)
    wish = asked(second)
    decide(wish, cast.by_role["EXE"])
    stands(second, "requested", 20)
    services.order_requisition(wish, supplier=seller, actor=buyer)
    stands(second, "ordered", 20)  # the draft of the order counts
    order = Order.objects.get(requisition=wish)
    services.submit_order(order, actor=buyer)
    order.refresh_from_db()
    if order.state == Order.State.WAITING:
        stands(second, "ordered", 20)
        decide(order, cast.by_role["OPM"])
    stands(second, "ordered", 20)
    part = services.receive_goods(
        order=order, lines=[{"line": 1, "quantity": "5", "lot": "A"}], place=place, actor=buyer
    )  # fmt: skip
    second.refresh_from_db()
    assert (second.state, sum(open_supply([(item.pk, place.pk)]).values())) == ("ordered", 15)
    services.reverse_receipt(part, reason="Wrong place", actor=buyer)
    stands(second, "ordered", 20)
    whole = services.receive_goods(
        order=order, lines=[{"line": 1, "quantity": "20", "lot": "B"}], place=place, actor=buyer
    )  # fmt: skip
    stands(second, "done", 0)
    services.return_goods(whole, line=1, quantity=D(20), reason="Torn", actor=buyer)
    stands(second, "ordered", 20)
    services.close_order(order, reason="No more", actor=buyer)
    second.refresh_from_db()
    assert second.state == "dismissed"


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
    st.tuples(st.sampled_from(["receive", "return", "invoice", "reverse", "credit"]), st.integers(1, 7)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_quantities_hold_and_closing_leaves_bound_what_is_owed(cast: Any, steps: list[tuple[str, int]]) -> None:
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
            elif step == "credit":
                invoice(order, [{"line": 1, "quantity": str(size), "price": "10"}], f"C{place}", kind="credit")
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
    assert held(order)[:2] == (0, max(D(0), done.accepted - done.invoiced) * 10)
