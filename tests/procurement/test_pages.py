"""Lists of purchasing on a phone: who, how much and why it waits, without opening anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.procurement import services
from apps.procurement.models import Order
from tests.factories import inventory as make
from tests.factories.procurement import placed, supplier
from tests.procurement.test_story import LINES, invoice

pytestmark = pytest.mark.django_db


def test_a_blocked_invoice_says_every_reason_on_its_card(cast: Any, client: Client) -> None:
    order = placed(cast.company.line, cast.by_role["BUY"], lines=LINES)
    services.receive_goods(order=order, lines=[{"line": 1, "quantity": "40"}], actor=None)
    invoice(order, [{"line": 1, "quantity": "40", "price": "9"}, {"line": 2, "quantity": "5", "price": "0.1"}])
    client.force_login(cast.by_role["BUY"])
    text = client.get("/supplier-invoices/?state=blocked").content.decode()
    card = text.partition('data-at="line">')[2].partition("</td>")[0]
    assert "Line 1: variance, price 9, ordered at 4" in card
    assert "Line 2: missing receipt, 5 invoiced" in card
    for place, words in (("title", "Norda"), ("sum", "360.5"), ("meta", "SI1")):
        assert words in text.partition(f'data-at="{place}"')[2].partition("</td>")[0]
    services.receive_goods(order=order, actor=None)
    paid = invoice(order, [{"line": 2, "quantity": "5", "price": "0.1"}], "RE-2")
    text = client.get("/supplier-invoices/?state=matched").content.decode()
    assert paid.code in text and 'data-at="line"' not in text, "nothing to say takes no row"


def test_a_buyer_chooses_orders_of_every_department_also_closed_ones(cast: Any, client: Client) -> None:
    """Who reads every order may invoice it wherever its goods go; a form offers what can go on."""
    buyer = cast.by_role["BUY"]
    there, done, draft = (placed(cast.company.other, lines=LINES) for _ in range(3))
    services.close_order(done, reason="Enough", actor=None)
    services.cancel_order(draft, reason="Wrong", actor=None)
    assert set(Order.objects.choosable_by(buyer)) >= {there, done, draft}
    client.force_login(buyer)
    form = client.get("/supplier-invoices/new/").content.decode()
    offered = form.partition('name="order"')[2].partition("</select>")[0]
    assert there.code in offered and done.code in offered and draft.code not in offered


def test_what_cannot_be_is_refused_by_its_field(cast: Any, client: Client) -> None:
    client.force_login(cast.by_role["OPM"])
    plan = {
        "name": "X",
        "department": cast.company.root.pk,
        "owner": cast.manager.pk,
        "currency": "EUR",
        "rhythm": "month",
    }
    plan |= {"period_check": "allow", "to_date_check": "warn", "year_check": "block"}
    plan |= {"warn_at": "9", "over_at": "10", "tolerance": "1"}
    order = {"supplier": supplier().pk, "department": cast.company.line.pk, "currency": "ABC", "lines": LINES}
    move = make.stocked(cast.company.plant, cast.manager)[0].moves.get()
    for path, body, field in (
        ("budget-plans", plan | {"fiscal_year": 99999}, "fiscal_year"),
        ("budget-plans", plan | {"fiscal_year": 2026, "starts_on": "9999-06-01"}, "starts_on"),
        ("purchase-orders", order, "currency"),
        ("purchase-orders", order | {"supplier": 987654}, "supplier"),
    ):
        answer = client.post(f"/api/v1/{path}/", body, content_type="application/json")
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.content
    assert "within your reach" in answer.json()["detail"]
    answer = client.patch(f"/api/v1/stock-moves/{move.pk}/", {"quantity": "5"}, content_type="application/json")
    assert (answer.status_code, answer.json()["title"]) == (405, "Not possible here")
