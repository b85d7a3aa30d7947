"""A real company's purchasing through the public import, with its published figures out of page and API; and bad files."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.access import scope
from apps.core.models import Event, ImportBatch
from apps.core.values import format_number
from apps.procurement.models import Flow, Order, Receipt
from tests.factories import people
from tests.factories.maker import number
from tests.factories.procurement import supplier
from tests.support.shared_data import SHARED

FOLDER = SHARED / "erp_adventureworks"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())["expected"] if FOLDER.exists() else {}
STATES = {"1": "draft", "2": "placed", "3": "rejected", "4": "closed"}
EVERY = f"state={','.join(STATES.values())}"
TICKED = "&".join(f"state={one}" for one in STATES.values())
HEADER = [
    "code", "supplier", "department", "state", "ordered_on", "currency", "tax", "freight",
    "line", "part", "quantity", "price", "due_on", "received", "rejected", "received_on",
]  # fmt: skip


@pytest.fixture
def cast(db: None, settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    with scope.system("a test"):
        yield people.cast()


@pytest.fixture
def browser(cast: Any, client: Client) -> Client:
    client.force_login(cast.by_role["OPM"])
    return client


def send(browser: Client, path: str, header: list[str], rows: list[list[Any]]) -> ImportBatch:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    answer = browser.post(f"/{path}/import/", {"file": SimpleUploadedFile("rows.csv", text.getvalue().encode())})
    assert answer.status_code == 302, re.sub(r"\s+", " ", answer.content.decode())[:2000]
    browser.post(answer["Location"], {"do": "import"})
    return ImportBatch.objects.latest("id")


def upload(browser: Client, path: str, header: list[str], rows: list[list[Any]]) -> None:
    batch = send(browser, path, header, rows)
    assert batch.state == ImportBatch.State.IMPORTED, batch.problems


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def order_rows(home: str) -> list[list[list[Any]]]:
    """Rows by order, as an export of the old system has them: what the whole order says stands in each of its rows."""
    heads = {one["po_id"]: one for one in read("PurchaseOrderHeader.csv")}
    found: dict[str, list[list[Any]]] = {}
    for one in read("PurchaseOrderDetail.csv"):
        head = heads[one["po_id"]]
        found.setdefault(one["po_id"], []).append(
            [
                f"AW{one['po_id']}",
                f"AW{head['vendor_id']}",
                home,
                STATES[head["status"]],
                head["order_date"],
                "EUR",
                head["tax"],
                head["freight"],
                "",
                one["product_id"],
                one["order_qty"],
                one["unit_price"],
                one["due_date"],
                one["received_qty"],
                one["rejected_qty"],
                head["ship_date"],
            ]  # fmt: skip
        )
    return list(found.values())


@pytest.mark.skipif(not EXPECTED, reason="the published data are not on this machine")
def test_the_purchasing_of_a_real_company(cast: Any, browser: Client) -> None:
    home = cast.company.root.code
    vendors = read("Vendor.csv")
    upload(
        browser,
        "suppliers",
        [
            "code",
            "name",
            "state",
            "currency",
            "payment_days",
            "lead_days",
            "over_percent",
            "price_percent",
            "price_amount",
        ],
        [[f"AW{one['vendor_id']}", one["name"], "active", "EUR", 30, 14, 0, 2, 50] for one in vendors],
    )
    part: list[list[Any]] = []
    for rows in [*order_rows(home), []]:
        if len(part) + len(rows) > 500 or not rows:
            upload(browser, "purchase-orders", HEADER, part)
            part = []
        part += rows
    orders, lines = EXPECTED["purchase_orders"], EXPECTED["rows"]["PurchaseOrderDetail"]
    assert Order.objects.count() == EXPECTED["rows"]["PurchaseOrderHeader"]
    for status, count in orders["by_status"].items():
        told = browser.get(f"/api/v1/purchase-orders/?state={STATES[status]}&limit=1&count=1").json()
        assert Order.objects.filter(state=STATES[status]).count() == count, told
    period = f"start={orders['first_order_date']}&until={orders['last_order_date']}"
    whole = browser.get(f"/api/v1/purchase-orders/spend/?{period}&by=supplier&{EVERY}").json()
    assert Decimal(whole["worth"]) == Decimal(str(orders["sum_subtotal"]))
    assert Decimal(whole["tax"]) == Decimal(str(orders["sum_tax"]))
    assert Decimal(whole["freight"]) == Decimal(str(orders["sum_freight"]))
    assert Decimal(whole["due"]) == Decimal(str(orders["sum_total_due"]))
    assert [Decimal(whole[name]) for name in ("ordered", "received", "rejected")] == [
        Decimal(str(orders[name])) for name in ("sum_order_qty", "sum_received", "sum_rejected")
    ]
    assert (whole["lines"], float(whole["reject_rate"])) == (lines, pytest.approx(orders["reject_rate_of_received"]))
    suppliers = EXPECTED["vendors"]
    assert len(whole["rows"]) == suppliers["with_orders"]
    for told, known in zip(whole["rows"], suppliers["top5_by_spend"], strict=False):
        assert (told["name"], told["lines"]) == (known["vendor"], known["lines"])
        assert float(told["worth"]) == pytest.approx(known["spend"], abs=0.006)  # published in whole cents
        assert float(told["reject_rate"]) == pytest.approx(known["reject_rate"])
    worst = sorted((one for one in whole["rows"] if one["reject_rate"]), key=lambda one: -float(one["reject_rate"]))
    for told, known in zip(worst, suppliers["worst3_reject_rate"], strict=False):
        assert (told["name"], Decimal(told["received"])) == (known["vendor"], Decimal(str(known["received"])))
    parts, classes = (
        browser.get(f"/api/v1/purchase-orders/spend/?{period}&by=part&{EVERY}").json(),
        EXPECTED["abc_by_spend"],
    )
    assert (len(parts["rows"]), parts["classes"]) == (classes["products"], classes["counts"])
    for name, share in classes["spend_share"].items():
        got = sum(float(one["share"]) for one in parts["rows"] if one["class"] == name)
        assert got == pytest.approx(share)
    for told, known in zip(parts["rows"], classes["first3"], strict=False):
        assert (told["key"], float(told["worth"])) == (known["product_id"], pytest.approx(known["spend"], abs=0.006))
    page = browser.get(f"/purchase-orders/spend/?{period}&by=part&{TICKED}").content.decode()
    assert format_number(Decimal(str(orders["sum_total_due"])), 2) in page
    assert "A 30, B 27, C 208" in page
    assert format_number(Decimal("3.12"), 2, unit="%") in page


def rows_of(cast: Any, **change: Any) -> list[list[Any]]:
    made = supplier(code=f"S{number()}"[:20], currency="EUR")
    row = {
        "code": f"OLD{number()}", "supplier": made.code, "department": cast.company.line.code, "state": "closed",
        "ordered_on": "2025-03-01", "currency": "EUR", "tax": "8", "freight": "", "line": "", "part": "SEAL",
        "quantity": "10", "price": "4.5", "due_on": "2025-03-10", "received": "10", "rejected": "1",
        "received_on": "2025-03-09",
    }  # fmt: skip
    second = row | {"part": "BOLT", "quantity": "5", "price": "2", "received": "5", "rejected": "0", "tax": ""}
    return [[one[name] for name in HEADER] for one in (row, second | change)]


def test_a_file_of_orders_is_taken_once_and_taken_back(cast: Any, browser: Client) -> None:
    rows = rows_of(cast)
    batch = send(browser, "purchase-orders", HEADER, rows)
    order = Order.objects.get(code=rows[0][0])
    assert (order.total, order.due, order.state, order.rate) == (Decimal(55), Decimal(63), "closed", 1)
    spend = browser.get("/purchase-orders/spend/?start=2025-03-01&until=2025-03-31").content.decode()
    (drill,) = re.findall(r'href="(/purchase-orders/\?supplier=[^"]*)"', spend)[:1]
    assert order.code in browser.get(drill.replace("&amp;", "&")).content.decode()
    refused = browser.get("/api/v1/purchase-orders/spend/?start=2025-04-01&until=2025-03-31")
    assert (refused.status_code, refused.json()["field"]) == (400, "until")
    receipt = Receipt.objects.get(order=order)
    assert receipt.lines[0] == {"line": 1, "quantity": "10", "rejected": "1", "reason": "Not said in the file"}
    page = browser.get(f"/purchase-orders/{order.pk}/").content.decode()
    assert "EUR with tax and freight" in page
    assert Event.objects.filter(subject=order.subject(), name="procurement.order_brought_in").count() == 1
    send(browser, "purchase-orders", HEADER, rows)
    assert Order.objects.filter(code=order.code).count() == 1
    assert browser.post(f"/purchase-orders/import/{batch.pk}/", {"do": "undo"}).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.code, order.archived_at is None) == ("cancelled", f"UNDONE-{order.pk}", False)
    assert sum(one.quantity for one in Flow.objects.filter(order=order)) == 0
    assert send(browser, "purchase-orders", HEADER, rows).state == ImportBatch.State.IMPORTED


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quantity": "0"}, "must be more than 0"),
        ({"supplier": "NOBODY"}, "in its first row. Say the same."),
        ({"rejected": "6"}, "More is rejected than received"),
        ({"price": "abc"}, "abc"),
        ({"line": "1"}, "is there twice"),
        ({"currency": "USD"}, "Say the same"),
    ],
)
def test_one_wrong_row_keeps_the_file_out(cast: Any, browser: Client, change: dict[str, str], says: str) -> None:
    before = Order.objects.count()
    batch = send(browser, "purchase-orders", HEADER, rows_of(cast, **change))
    assert batch.state != ImportBatch.State.IMPORTED
    assert says in json.dumps(batch.problems, ensure_ascii=False)
    assert Order.objects.count() == before


def test_a_currency_without_rate_is_refused_at_its_row(cast: Any, browser: Client) -> None:
    rows = rows_of(cast, currency="")
    rows[0][HEADER.index("currency")] = "USD"
    batch = send(browser, "purchase-orders", HEADER, rows)
    assert "There is no rate from USD to EUR on 2025-03-01" in json.dumps(batch.problems, ensure_ascii=False)


def test_nobody_places_orders_by_file_without_the_right_to_approve(cast: Any, client: Client) -> None:
    buyer = cast.by_role["BUY"]
    people.grant(buyer, "BUY", cast.company.root)
    client.force_login(buyer)
    rows = rows_of(cast)
    assert "Only those who approve orders" in json.dumps(send(client, "purchase-orders", HEADER, rows).problems)
    for row in rows:
        row[HEADER.index("state")] = "draft"
    assert send(client, "purchase-orders", HEADER, rows).state == ImportBatch.State.IMPORTED
