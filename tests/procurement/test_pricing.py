"""Invoices at another price than the order: what stock is then worth, and credits for the price alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from apps.budgets import queries as budget_queries
from apps.budgets import services as budgets
from apps.budgets.models import Commitment
from apps.inventory import queries as stock_queries
from apps.inventory import services as inventory
from apps.inventory.models import Revaluation
from apps.procurement import queries, services
from apps.procurement.match import (
    Claim,
    LineState,
    Outcome,
    Tolerance,
    match_credits,
    match_price_credit,
    match_price_credits,
)
from apps.procurement.models import Invoice
from tests.factories.procurement import placed, supplier
from tests.procurement.test_ledgers import held, plan_line
from tests.procurement.test_story import invoice, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def bolt(cast: Any) -> Any:
    root = cast.company.root
    item = inventory.set_item(
        code="BOLT-8", name="Bolt", department=root, standard_cost=D(7), packs={"box": 10}, actor=None
    )  # fmt: skip
    return item, inventory.set_location(code="B-1", name="Shelf", department=root, actor=None)


def bought(cast: Any, place: Any, quantity: str, price: str, unit: str = "pcs") -> Any:
    line = {"part": "BOLT-8", "text": "Bolt", "quantity": quantity, "unit": unit, "price": price}
    order = placed(cast.company.line, lines=[line])
    services.receive_goods(order=order, place=place, actor=None)
    return order


def test_goods_of_another_currency_are_costed_in_the_items_own(cast: Any, bolt: Any) -> None:
    budgets.add_rate(currency="USD", into="EUR", valid_from=date(2020, 1, 1), rate=D("0.5"), actor=None)
    item, place = bolt
    inventory.change_item(item, currency="USD", actor=None)
    bought(cast, place, "10", "3")
    assert stock_queries.worth_of(item).average_value == 60, "30 EUR are 60 USD"


def told(item: Any) -> tuple[Any, ...]:
    worth = stock_queries.worth_of(item)
    assert worth.put_in == worth.given_average + worth.variance_average + worth.average_value
    assert worth.put_in == worth.given_fifo + worth.variance_fifo + worth.fifo_value
    return worth.average_value, worth.fifo_value, worth.variance_average, worth.variance_fifo


def test_an_invoice_at_another_price_revalues_what_is_still_there(cast: Any, bolt: Any) -> None:
    """SAP Community's example: 3 received at 50, 1 issued, 3 invoiced at 10: stock is worth 20, price difference -40."""
    item, place = bolt
    order = bought(cast, place, "3", "50")
    inventory.issue_stock(item=item, at=place, quantity=D(1), actor=None)
    assert told(item) == (100, 100, 0, 0)
    assert invoice(order, [{"line": 1, "quantity": "3", "price": "10"}]).state == "matched"
    assert told(item) == (20, 20, -40, -40)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_revaluation SET each = 0")


def test_only_what_is_paid_revalues_and_parts_belong_to_what_came_first(cast: Any, bolt: Any) -> None:
    item, place = bolt
    order = bought(cast, place, "10", "100", unit="box")
    assert told(item)[:2] == (1000, 1000)
    assert invoice(order, [{"line": 1, "quantity": "4", "price": "100"}], "RE-1").state == "matched"
    assert Revaluation.objects.count() == 0
    dear = invoice(order, [{"line": 1, "quantity": "6", "price": "120"}], "RE-2")
    assert (dear.state, told(item)[0]) == ("blocked", 1000)
    services.release_invoice(dear, reason="Agreed by phone", actor=cast.manager)
    found = Revaluation.objects.get()
    assert (found.quantity, found.each, found.document) == (60, 2, dear.subject())
    assert told(item) == (1120, 1120, 0, 0)
    page = Client()
    page.force_login(cast.by_role["OPM"])
    worth = page.get(f"/api/v1/items/{item.pk}/worth/").json()
    assert (worth["moving_average"], worth["price_variance_fifo"]) == ("1120.000000", "0.000000")


def test_a_credit_for_price_alone_gives_back_money_and_no_goods(cast: Any, bolt: Any) -> None:
    item, place = bolt
    line = plan_line(cast, "5000")
    order = bought(cast, place, "100", "10")
    early = invoice(order, [{"line": 1, "quantity": "1", "price": "2"}], "PC-0", kind="price")
    assert early.verdicts[0]["outcome"] == "over", "nothing is invoiced yet"
    services.reject_invoice(early, reason="Too early", actor=cast.manager)
    dear = invoice(order, [{"line": 1, "quantity": "100", "price": "12"}])
    services.release_invoice(dear, reason="Pay, then claim", actor=cast.manager)
    assert (told(item)[0], budget_queries.standing(line).actual) == (1200, 1200)
    half = invoice(order, [{"line": 1, "quantity": "50", "price": "2"}], "PC-1", kind="price")
    assert (half.state, Commitment.objects.get(document=half.subject()).spent) == ("matched", -100)
    assert budget_queries.standing(line).actual == 1100
    done = queries.progress(order)[1]
    assert (done.invoiced, done.paid, done.accepted, held(order)[1]) == (100, 1100, 100, 0)
    assert told(item)[:2] == (1100, 1100)
    beyond = invoice(order, [{"line": 1, "quantity": "100", "price": "2"}], "PC-2", kind="price")
    assert (beyond.state, beyond.verdicts[0]["outcome"]) == ("blocked", "variance")
    assert beyond in queries.exceptions(cast.by_role["OPM"])
    much = invoice(order, [{"line": 1, "quantity": "100", "price": "11.01"}], "PC-3", kind="price")
    assert much.verdicts[0]["outcome"] == "over"
    refused("not_releasable", services.release_invoice, much, reason="By phone", actor=cast.manager)
    services.release_invoice(beyond, reason="A bonus", actor=cast.manager)
    assert (budget_queries.standing(line).actual, queries.progress(order)[1].paid) == (900, 900)
    assert told(item)[:2] == (900, 900)


def test_a_price_credit_comes_in_by_screen_and_by_api(cast: Any, bolt: Any) -> None:
    _, place = bolt
    order = bought(cast, place, "10", "10")
    dear = invoice(order, [{"line": 1, "quantity": "10", "price": "11"}])
    services.release_invoice(dear, reason="Pay", actor=cast.manager)
    buyer = Client()
    buyer.force_login(cast.by_role["BUY"])
    given: dict[str, Any] = {
        "kind": "price", "supplier": order.supplier_id, "department": order.department_id, "order": order.pk,
        "invoiced_on": "2026-11-30", "currency": "EUR",
    }  # fmt: skip
    rows = {"lines-rows": "1", "lines-0-line": "1", "lines-0-quantity": "4", "lines-0-price": "1"}
    page = buyer.post("/supplier-invoices/new/", given | rows | {"number": "PC-S", "amount": "4"})
    assert page.status_code == 302, page.content.decode()[-3000:]
    body = given | {"number": "PC-A", "amount": "6", "lines": [{"line": 1, "quantity": "6", "price": "1"}]}
    assert buyer.post("/api/v1/supplier-invoices/", body, content_type="application/json").status_code == 201
    assert list(Invoice.objects.filter(kind="price").values_list("state", flat=True)) == ["matched"] * 2
    assert queries.progress(order)[1].paid == 100


def test_credits_never_exceed_what_was_invoiced() -> None:
    state = LineState(D(10), D(10), accepted=D(8), invoiced=D(10), paid=D(120))
    key = ("PO1", 1)

    def price(quantity: str, each: str) -> Outcome:
        return match_price_credit(state, Claim(key, D(quantity), D(each))).outcome

    assert price("10", "2") == Outcome.MATCHED
    assert price("10", "2.01") == Outcome.VARIANCE
    assert price("10", "12.01") == Outcome.OVER
    assert price("11", "0.1") == Outcome.OVER
    assert match_price_credit(None, Claim(key, D(1), D(1))).outcome == Outcome.NO_ORDER
    twice = match_price_credits([Claim(key, D(10), D(1)), Claim(key, D(10), D("1.5"))], {key: state})
    assert [one.outcome for one in twice] == [Outcome.MATCHED, Outcome.VARIANCE]
    (dear,) = match_credits([Claim(key, D(2), D(61))], {key: state}, price=Tolerance())
    assert dear.outcome == Outcome.OVER


def test_quantities_are_suggested_from_the_price_lists_of_suppliers(cast: Any) -> None:
    """The textbook's candy (1 300 a year, 8 an order, 30 % a year; 0.75, 0.72 from 400, 0.68 from 800): 800 for 978.60."""
    root = cast.company.root
    item = inventory.set_item(name="Candy", department=root, standard_cost=D("0.75"), packs={"box": 100}, actor=None)
    policy = inventory.set_policy(
        item=item, location=inventory.set_location(code="C-1", name="Shelf", department=root, actor=None),
        order_quantity=D(100), daily_demand=(D(1300) / 365).quantize(D("0.000001")), daily_sd=D(0), order_cost=D(8),
        holding_rate=D("0.3"), actor=None,
    )  # fmt: skip
    today = timezone.localdate()

    def suggested() -> dict[str, Any]:
        return {one.method: one for one in inventory.suggest_quantities(policy, today=today)}

    assert "With price breaks" not in suggested()
    base = {"part": item.code, "text": "Candy"}
    first = supplier(name="Pieces")
    services.agree_prices(
        supplier=first, title="List", valid_from=today, actor=None,
        lines=[base | {"price": "0.75"}, base | {"price": "0.72", "from_quantity": "400"}],
    )  # fmt: skip
    services.agree_prices(
        supplier=supplier(name="Boxes"), title="List", valid_from=today, actor=None,
        lines=[base | {"unit": "box", "price": "68", "from_quantity": "8"}],
    )  # fmt: skip
    found = suggested()["With price breaks"]
    assert found.quantity == pytest.approx(800)
    assert found.cost_per_year == pytest.approx(978.60, abs=0.01)
    assert "suppliers' price lists" in found.arithmetic
