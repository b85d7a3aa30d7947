"""Lists of purchasing on a phone: who, how much and why it waits, without opening anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.procurement import services
from tests.factories.procurement import placed
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
