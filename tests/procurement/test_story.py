"""From need to invoice: parts at every step, approval by others, goods and invoices that hold each other in check."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.procurement import handlers, queries, services
from apps.procurement.models import Flow, Invoice, Order, Requisition, Rfq
from apps.work import services as work
from apps.work.models import Approval
from tests.factories.procurement import placed, supplier
from tests.procurement.conftest import decide

pytestmark = pytest.mark.django_db
LINES = [
    {"part": "SEAL-24", "text": "Seal kit", "quantity": "100", "unit": "pcs", "price": "4"},
    {"part": "BOLT-8", "text": "Bolts M8", "quantity": "1000", "unit": "pcs", "price": "0.1"},
]


def refused(code: str, call: Any, *args: Any, **values: Any) -> Refused:
    with pytest.raises(Refused) as caught, transaction.atomic():
        call(*args, **values)
    assert caught.value.code == code, (caught.value.code, caught.value.message)
    return caught.value


def invoice(bought: Order, lines: list[dict[str, Any]], number: str = "RE-1", **values: Any) -> Invoice:
    amount = sum((D(one["quantity"]) * D(one["price"]) for one in lines), D(0))
    return services.enter_invoice(
        **(
            {
                "supplier": bought.supplier,
                "number": number,
                "department": bought.department,
                "order": bought,
                "invoiced_on": timezone.localdate(),
                "currency": bought.currency,
                "amount": amount,
                "lines": lines,
                "actor": None,
            }
            | values
        )
    )


def test_a_supplier_who_offers_less_is_ordered_no_more(cast: Any) -> None:
    buyer, seller = cast.by_role["BUY"], supplier(name="Short")
    asked = [{name: value for name, value in one.items() if name != "price"} for one in LINES]
    rfq = services.write_rfq(title="Seals", department=cast.company.line, lines=asked, actor=buyer)
    services.send_rfq(rfq, suppliers=[seller], actor=buyer)
    offer = [{"line": 1, "price": "3", "quantity": "60"}, {"line": 2, "price": "0.1", "quantity": "5000"}]
    services.record_quotation(rfq, supplier=seller, lines=offer, actor=buyer)
    services.award_rfq(rfq, supplier=seller, actor=buyer)
    assert [one["quantity"] for one in Order.objects.get(rfq=rfq).lines] == ["60", "1000"]


def test_need_to_invoice_in_parts(cast: Any) -> None:
    buyer, line = cast.by_role["BUY"], cast.company.line
    cheap, dear = supplier(name="Cheap"), supplier(name="Dear")
    need = services.write_requisition(title="Seals and bolts", department=line, lines=LINES, actor=cast.worker)
    services.submit_requisition(need, actor=cast.worker)
    need.refresh_from_db()
    assert need.state == Requisition.State.WAITING
    decide(need, cast.manager)
    assert need.state == Requisition.State.APPROVED

    rfq = services.write_rfq(title="Seals", department=line, requisition=need, actor=buyer)
    assert [one["source"] for one in rfq.lines] == [f"{need.code}/1", f"{need.code}/2"]
    services.send_rfq(rfq, suppliers=[cheap, dear], actor=buyer)
    services.record_quotation(
        rfq, supplier=dear, lines=[{"line": 1, "price": "5"}, {"line": 2, "price": "0.2"}], actor=buyer
    )
    services.record_quotation(
        rfq, supplier=cheap, lines=[{"line": 1, "price": "3.9"}, {"line": 2, "price": "0.1"}], actor=buyer
    )
    refused("no_reason", services.award_rfq, rfq, supplier=dear, actor=buyer)
    rfq = services.award_rfq(rfq, supplier=cheap, actor=buyer)
    assert rfq.state == Rfq.State.AWARDED
    order = Order.objects.get(rfq=rfq)
    assert (order.total, order.requisition_id) == (D("490.0"), need.pk)

    services.submit_order(order, actor=buyer)
    decide(order, cast.manager)
    need.refresh_from_db()
    assert (order.state, need.state) == (Order.State.PLACED, Requisition.State.ORDERED)

    first = services.receive_goods(order=order, lines=[{"line": 1, "quantity": "60"}], actor=cast.worker)
    assert queries.outstanding(order) == {1: D(40), 2: D(1000)}
    paid = invoice(order, [{"line": 1, "quantity": "60", "price": "3.9"}])
    assert paid.state == Invoice.State.MATCHED
    early = invoice(order, [{"line": 1, "quantity": "40", "price": "3.9"}], "RE-2")
    assert (early.state, early.verdicts[0]["outcome"]) == (Invoice.State.BLOCKED, "missing receipt")
    second = services.receive_goods(order=order, actor=cast.worker)
    assert queries.outstanding(order) == {1: 0, 2: 0}
    event = first_event("procurement.goods_received")
    handlers.match_waiting(event)
    early.refresh_from_db()
    assert early.state == Invoice.State.MATCHED
    assert first.order_id == second.order_id
    assert services.close_order(order, actor=buyer).state == Order.State.CLOSED


def first_event(name: str) -> Any:
    from apps.core.models import Event

    return Event.objects.filter(name=name).latest("pk")


def test_a_requisition_is_ordered_in_parts_and_opens_again(cast: Any) -> None:
    buyer = cast.by_role["BUY"]
    seller = supplier()
    services.agree_prices(
        supplier=seller,
        title="Prices",
        valid_from=date(2026, 1, 1),
        lines=[
            {"part": "SEAL-24", "price": "4.2"},
            {"part": "SEAL-24", "price": "3.5", "from_quantity": "100"},
            {"part": "SEAL-24", "price": "3.1", "from_quantity": "101"},
        ],
        actor=None,
    )
    need = services.write_requisition(title="Parts", department=cast.company.line, lines=LINES, actor=cast.worker)
    services.submit_requisition(need, actor=cast.worker)
    decide(need, cast.manager)
    services.order_requisition(need, supplier=seller, lines=["1"], actor=buyer)
    need.refresh_from_db()
    one = Order.objects.get(requisition=need)
    assert (need.state, one.lines[0]["price"]) == (Requisition.State.APPROVED, "3.5"), "the price of the break reached"
    services.order_requisition(need, supplier=seller, actor=buyer)
    need.refresh_from_db()
    assert need.state == Requisition.State.ORDERED
    refused("wrong_state", services.order_requisition, need, supplier=seller, actor=buyer)
    services.cancel_order(one, reason="Wrong supplier", actor=buyer)
    need.refresh_from_db()
    assert need.state == Requisition.State.APPROVED


def test_nobody_approves_their_own_and_a_refusal_says_why(cast: Any) -> None:
    need = services.write_requisition(title="Parts", department=cast.company.line, lines=LINES, actor=cast.manager)
    services.submit_requisition(need, actor=cast.manager)
    approval = Approval.objects.get(about=need.subject())
    refused("own_request", work.answer_approval, approval, answer="yes", actor=cast.manager)
    decide(need, cast.by_role["DPM"], answer="no", note="No money")
    assert (need.state, need.note) == (Requisition.State.REJECTED, "No money")


def test_whoever_wrote_it_never_decides_it(cast: Any) -> None:
    """Also where somebody else asks for them, or changes what is to be paid."""
    boss, buyer, line = cast.manager, cast.by_role["BUY"], cast.company.line
    need = services.write_requisition(title="Seals", department=line, lines=LINES, actor=boss)
    services.submit_requisition(need, actor=cast.worker)
    refused("own_request", decide, need, boss)
    order = placed(line, buyer, lines=LINES)
    services.receive_goods(order=order, actor=None)
    dear = [{"line": 1, "quantity": "100", "price": "5"}]
    bill = invoice(order, dear, actor=buyer)
    refused("own_invoice", services.release_invoice, bill, reason="Urgent", actor=buyer)
    bill = services.change_invoice(bill, number="RE-1b", actor=boss)
    assert bill.entered_by == buyer
    dearer = [{"order": order.code, "line": 1, "quantity": "100", "price": "6"}]
    bill = services.change_invoice(bill, lines=dearer, amount=D(600), actor=boss)
    refused("own_invoice", services.release_invoice, bill, reason="Urgent", actor=boss)
    assert services.release_invoice(bill, reason="Agreed by phone", actor=buyer).state == "released"


def test_nothing_is_ordered_before_its_requisition_is_approved(cast: Any) -> None:
    buyer, line = cast.by_role["BUY"], cast.company.line
    need = services.write_requisition(title="Seals", department=line, lines=LINES, actor=cast.worker)
    order = services.draft_order(supplier=supplier(), department=line, requisition=need, lines=LINES, actor=buyer)
    assert need.code in refused("not_approved", services.submit_order, order, actor=buyer).message
    services.submit_requisition(need, actor=cast.worker)
    decide(need, cast.manager)
    order.refresh_from_db()
    services.submit_order(order, actor=buyer)


def test_bands_two_approvers_and_split_orders_count_together(cast: Any) -> None:
    """Two orders of 490 to one supplier in a week are one purchase of 980: the band above 900 asks two people."""
    buyer, line = cast.by_role["BUY"], cast.company.line
    policy = work.set_policy(
        code="buying", name="Buying", about="purchase_order", department=cast.company.root, currency="EUR", actor=None
    )
    work.add_policy_step(policy=policy, position=1, kind="role", role="DPM", need=1, below_amount=D(900), actor=None)
    work.add_policy_step(policy=policy, position=1, kind="role", role="OPM", need=1, from_amount=D(900), actor=None)
    work.add_policy_step(policy=policy, position=1, kind="role", role="EXE", need=1, from_amount=D(900), actor=None)
    seller = supplier()
    orders = [services.draft_order(supplier=seller, department=line, lines=LINES, actor=buyer) for _ in range(2)]
    services.submit_order(orders[0], actor=buyer)
    assert Approval.objects.get(about=orders[0].subject()).amount == D(500)
    decide(orders[0], cast.manager)
    assert orders[0].state == Order.State.PLACED
    services.submit_order(orders[1], actor=buyer)
    orders[1].refresh_from_db()
    assert orders[1].split_with == [orders[0].code]
    approval = Approval.objects.get(about=orders[1].subject())
    assert (approval.amount, approval.steps.count()) == (D(1000), 2)
    refused("no_seat", work.answer_approval, approval, answer="yes", actor=cast.manager)
    work.answer_approval(approval, answer="yes", actor=cast.by_role["OPM"])
    orders[1].refresh_from_db()
    assert orders[1].state == Order.State.WAITING, "one of two is not enough"
    decide(orders[1], cast.by_role["EXE"])
    assert orders[1].state == Order.State.PLACED


def test_receipts_hold_to_the_order(cast: Any) -> None:
    order = placed(cast.company.line, lines=LINES, supplier=supplier(over_percent=D(5)))
    refused("unknown_line", services.receive_goods, order=order, lines=[{"line": 9, "quantity": "1"}], actor=None)
    refused("bad_line", services.receive_goods, order=order, lines=[{"line": 1, "quantity": "-1"}], actor=None)
    refused("bad_line", services.receive_goods, order=order, lines=[{"line": 1, "quantity": "1" * 28}], actor=None)
    refused("over_receipt", services.receive_goods, order=order, lines=[{"line": 1, "quantity": "105.01"}], actor=None)
    refused(
        "no_reason",
        services.receive_goods,
        order=order,
        lines=[{"line": 1, "quantity": "9", "rejected": "9"}],
        actor=None,
    )
    refused(
        "serial_twice",
        services.receive_goods,
        order=order,
        lines=[{"line": 1, "quantity": "2", "serials": "A1, A1"}],
        actor=None,
    )
    tomorrow = timezone.localdate() + timedelta(days=1)
    refused("future", services.receive_goods, order=order, received_on=tomorrow, actor=None)
    receipt = services.receive_goods(
        order=order, lines=[{"line": 1, "quantity": "110", "rejected": "5", "reason": "Bent"}], actor=None
    )
    assert queries.progress(order)[1].accepted == D(105)
    services.return_goods(receipt, line=1, quantity=D(15), reason="Rust", actor=None)
    assert queries.outstanding(order)[1] == D(10)
    refused("return", services.return_goods, receipt, line=1, quantity=D(91), reason="Rust", actor=None)
    refused("returned", services.reverse_receipt, receipt, reason="Wrong", actor=None)
    other = services.receive_goods(order=order, lines=[{"line": 2, "quantity": "400"}], actor=None)
    services.reverse_receipt(other, reason="Counted twice", actor=None)
    assert queries.outstanding(order)[2] == D(1000)
    refused("no_reason", services.close_order, order, actor=None)


def test_flows_are_written_once(cast: Any) -> None:
    order = placed(cast.company.line, lines=LINES)
    services.receive_goods(order=order, actor=None)
    for change in (
        lambda: Flow.objects.filter(order=order).update(quantity=1),
        lambda: Flow.objects.filter(order=order).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_exceptions_are_never_paid_by_themselves(cast: Any) -> None:
    order = placed(cast.company.line, lines=LINES)
    services.receive_goods(order=order, actor=None)
    clerk, chief = cast.by_role["BUY"], cast.by_role["OPM"]
    lost = invoice(order, [], "X-1", order=None, amount=D(10), actor=clerk)
    assert (lost.state, lost.reason[:8]) == (Invoice.State.BLOCKED, "No order")
    refused("not_releasable", services.release_invoice, lost, reason="Please", actor=chief)
    dear = invoice(order, [{"line": 1, "quantity": "100", "price": "4.5"}], "X-2", actor=clerk)
    assert dear.verdicts[0]["outcome"] == "variance"
    assert D(dear.verdicts[0]["price_variance"]) == D(50)
    refused("own_invoice", services.release_invoice, dear, reason="Mine", actor=clerk)
    released = services.release_invoice(dear, reason="Metal surcharge", actor=chief)
    assert (released.state, queries.progress(order)[1].invoiced) == (Invoice.State.RELEASED, D(100))
    again = invoice(order, [{"line": 1, "quantity": "1", "price": "4"}], "X-3")
    assert again.verdicts[0]["outcome"] == "over"
    refused("rule_broken", invoice, order, [{"line": 2, "quantity": "1", "price": "0.1"}], "x 2")
    wrong = invoice(order, [{"line": 2, "quantity": "1000", "price": "0.1"}], "X-4", amount=D(99))
    assert wrong.reason.startswith("Its lines add up to 100")
    fixed = services.change_invoice(
        wrong,
        actor=None,
        number="X-4",
        amount=D(100),
        order=order,
        lines=[{"line": 2, "quantity": "1000", "price": "0.1"}],
    )
    assert fixed.state == Invoice.State.MATCHED
    back = services.reject_invoice(again, reason="Not ordered", actor=clerk)
    assert (back.state, back.reason) == (Invoice.State.REJECTED, "Not ordered")
    foreign = invoice(order, [{"line": 2, "quantity": "1", "price": "0.1"}], "X-5", currency="USD")
    assert foreign.reason == f"In USD, but {order.code} is in EUR"


def test_a_currency_without_rate_is_refused(cast: Any) -> None:
    order = services.draft_order(
        supplier=supplier(), department=cast.company.line, currency="USD", lines=LINES, actor=cast.by_role["BUY"]
    )
    refused("no_rate", services.submit_order, order, actor=cast.by_role["BUY"])
    refused("unknown_currency", services.add_supplier, name="Odd", currency="XXQ", actor=None)


def test_a_change_order_that_costs_more_is_approved_again(cast: Any) -> None:
    order = placed(cast.company.line, cast.by_role["BUY"], lines=LINES)
    services.receive_goods(order=order, lines=[{"line": 1, "quantity": "50"}], actor=None)
    less = [{**order.lines[0], "quantity": "49"}, order.lines[1]]
    refused("delivered", services.revise_order, order, lines=less, reason="Less", actor=cast.by_role["BUY"])
    same = [{**order.lines[0], "quantity": "90"}, order.lines[1]]
    order = services.revise_order(order, lines=same, reason="Less needed", actor=cast.by_role["BUY"])
    assert (order.state, order.revision) == (Order.State.PLACED, 2)
    more = [{**order.lines[0], "quantity": "200"}, order.lines[1]]
    order = services.revise_order(order, lines=more, reason="More", actor=cast.by_role["BUY"])
    assert (order.state, order.revision) == (Order.State.WAITING, 3)
    decide(order, cast.manager, cast.by_role["DPM"], answer="no", note="Enough")
    assert (order.state, order.revision, order.lines) == (Order.State.PLACED, 2, same)


def test_a_contract_limit_holds(cast: Any) -> None:
    seller = supplier()
    services.agree_prices(
        supplier=seller, title="Frame", kind="contract", valid_from=date(2026, 1, 1), value_limit=D(700), actor=None
    )
    placed(cast.company.line, supplier=seller, lines=LINES)
    order = services.draft_order(supplier=seller, department=cast.company.line, lines=LINES, actor=cast.by_role["BUY"])
    refused("contract_limit", services.submit_order, order, actor=cast.by_role["BUY"])


def test_scorecard_counts_what_came_late_or_bad(cast: Any) -> None:
    today = timezone.localdate()
    due = (today - timedelta(days=3)).isoformat()
    lines = [{**one, "due_on": due} for one in LINES]
    good, bad, idle = supplier(), supplier(), supplier()
    order = placed(cast.company.line, supplier=good, lines=lines)
    services.receive_goods(order=order, received_on=today - timedelta(days=3), actor=None)
    order = placed(cast.company.line, supplier=bad, lines=lines)
    services.receive_goods(
        order=order,
        received_on=today - timedelta(days=4),
        lines=[{"line": 1, "quantity": "100", "rejected": "10", "reason": "Bent"}],
        actor=None,
    )
    services.receive_goods(order=order, received_on=today, lines=[{"line": 2, "quantity": "1000"}], actor=None)
    with scope.system("reading"):
        found = queries.scorecards(*queries.last_year(today))
    assert (found[good.pk].otif, found[good.pk].ppm) == (1, 0)
    assert (found[bad.pk].otif, found[bad.pk].ppm.quantize(D(1))) == (0, D(9091)), "10 of 1100"
    assert found[idle.pk].points is None
    assert found[good.pk].small
