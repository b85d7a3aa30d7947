"""Programs see what people see: progress of an order, offers side by side, scores of a period, and nothing beyond their rights."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.procurement import services
from tests.factories.procurement import placed, supplier
from tests.procurement.test_story import LINES, invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(cast: Any, client: Client) -> Any:
    client.force_login(cast.by_role["BUY"])
    return lambda path: client.get(f"/api/v1/{path}")


def test_an_order_tells_its_state_and_what_came_of_it(cast: Any, ask: Any) -> None:
    order = placed(cast.company.line, cast.by_role["BUY"], lines=LINES)
    services.receive_goods(
        order=order, lines=[{"line": 1, "quantity": "40", "rejected": "5", "reason": "Bent"}], actor=None
    )
    blocked = invoice(order, [{"line": 1, "quantity": "36", "price": "4"}])
    told = ask(f"purchase-orders/{order.pk}/").json()
    assert (told["state"], told["total"], told["revision"]) == ("placed", "500.0", 1)
    assert ask(f"purchase-orders/{order.pk}/progress/").json()[0] == {
        "line": 1, "part": "SEAL-24", "price": "4", "ordered": "100", "received": "40", "rejected": "5",
        "returned": "0", "invoiced": "0", "outstanding": "65",
    }  # fmt: skip
    told = ask(f"supplier-invoices/{blocked.pk}/").json()
    assert (told["state"], told["verdicts"][0]["outcome"]) == ("blocked", "missing receipt")


def test_offers_side_by_side(cast: Any, ask: Any) -> None:
    rfq = services.write_rfq(
        title="Seals",
        department=cast.company.line,
        lines=[{key: value for key, value in one.items() if key != "price"} for one in LINES],
        actor=cast.by_role["BUY"],
    )
    dear, cheap, silent = supplier(name="Dear"), supplier(name="Cheap"), supplier(name="Silent")
    services.send_rfq(rfq, suppliers=[dear, cheap, silent], actor=None)
    for who, price in ((dear, "5"), (cheap, "4")):
        offer = [{"line": 1, "price": price}, {"line": 2, "price": "0.1"}]
        services.record_quotation(rfq, supplier=who, lines=offer, actor=None)
    found = {one["name"]: one for one in ask(f"rfqs/{rfq.pk}/comparison/").json()}
    assert [(found[name]["total"], found[name]["lowest"]) for name in ("Dear", "Cheap", "Silent")] == [
        ("600", False), ("500", True), (None, False),
    ]  # fmt: skip


def test_scores_of_a_period(cast: Any, ask: Any, client: Client) -> None:
    order = placed(cast.company.line, lines=LINES)
    services.receive_goods(order=order, lines=[{"line": 1, "quantity": "100"}], actor=None)
    (one,) = [row for row in ask("suppliers/scores/").json()["suppliers"] if row["supplier"] == order.supplier_id]
    assert (one["spend"], one["lines"], one["small_sample"], float(one["ppm"])) == ("500", 1, True, 0)
    past = ask("suppliers/scores/?start=2001-01-01&until=2001-12-31").json()["suppliers"]
    assert {(row["points"], row["lines"]) for row in past} == {(None, 0)}
    assert ask("suppliers/scores/?start=2002-01-01&until=2001-12-31").status_code == 400
    page = client.get("/suppliers/scorecards/?start=2001-01-01&until=2001-12-31").content.decode()
    assert "2001-01-01 to 2001-12-31" in page
    assert "no activity" in page


def test_nobody_reads_beyond_their_rights(cast: Any, client: Client) -> None:
    order = placed(cast.company.line, lines=LINES)
    client.force_login(cast.by_role["OPR"])
    for path in ("purchase-orders/spend/", "suppliers/scores/"):
        assert client.get(f"/api/v1/{path}").status_code == 403
    assert client.get(f"/api/v1/purchase-orders/{order.pk}/progress/").status_code in {403, 404}
    sup = cast.by_role["SUP"]
    client.force_login(sup)
    elsewhere = placed(cast.company.root, lines=LINES)
    assert client.get(f"/api/v1/purchase-orders/{elsewhere.pk}/progress/").status_code == 404
