"""A real company's stock through the public import, with its published figures; and how a file of moves behaves."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.test import Client

from apps.core.access import scope
from apps.core.models import ImportBatch
from apps.core.values import format_number
from apps.inventory import queries, services
from apps.inventory.models import Item, Level, Location, Move
from tests.factories import inventory as make
from tests.factories import people
from tests.support.shared_data import SHARED

FOLDER = SHARED / "erp_adventureworks"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())["expected"]["inventory"] if FOLDER.exists() else {}
AT_ONCE = 500


@pytest.fixture
def cast(db: None, settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    with scope.system("a test"):
        yield people.cast()


@pytest.fixture
def browser(cast: Any, client: Client) -> Client:
    client.force_login(cast.by_role["OPM"])
    return client


def upload(browser: Client, path: str, header: list[str], rows: list[list[Any]]) -> list[ImportBatch]:
    """As a person does it: check the file, then import it; long files in parts."""
    batches = []
    for at in range(0, len(rows), AT_ONCE):
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows[at : at + AT_ONCE]])
        answer = browser.post(f"/{path}/import/", {"file": SimpleUploadedFile("rows.csv", text.getvalue().encode())})
        assert answer.status_code == 302, answer.content.decode()[:2000]
        assert browser.post(answer["Location"], {"do": "import"}).status_code == 302
        batches.append(ImportBatch.objects.latest("id"))
        assert batches[-1].state == ImportBatch.State.IMPORTED, batches[-1].report
    return batches


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.skipif(not EXPECTED, reason="the published data are not on this machine")
def test_the_stock_of_a_real_company(cast: Any, browser: Client) -> None:
    home = cast.company.root.code
    products = {one["product_id"]: one for one in read("Product.csv")}
    numbers = {key: one["product_number"] for key, one in products.items()}
    kept = {one["product_id"] for one in read("ProductInventory.csv")}
    places = read("Location.csv")
    upload(
        browser,
        "items",
        [
            "code",
            "name",
            "department",
            "unit",
            "tracking",
            "standard_cost",
            "currency",
            "safety_stock",
            "reorder_point",
        ],
        [
            [one["product_number"], one["name"], home, "pcs", "none", one["standard_cost"] or "0", "USD"]
            + ([one["safety_stock_level"], one["reorder_point"]] if one["product_id"] in kept else ["", ""])
            for one in products.values()
        ],
    )
    upload(
        browser,
        "stock-locations",
        ["code", "name", "department", "kind"],
        [[f"AW{one['location_id']}", one["name"], home, "stock"] for one in places],
    )
    header = ["kind", "item", "location", "quantity", "document", "line"]
    stock = [one for one in read("ProductInventory.csv") if int(one["quantity"])]
    rows = [
        ["receive", numbers[one["product_id"]], f"AW{one['location_id']}", one["quantity"], "Opening stock", f"{one['product_id']}/{one['location_id']}"]
        for one in stock
    ]  # fmt: skip
    upload(browser, "stock-moves", header, rows)
    held = Level.objects.aggregate(sum=Sum("quantity"))["sum"]
    assert held == EXPECTED["sum_quantity"]
    worth = Decimal(str(EXPECTED["value_at_standard_cost"]))
    assert queries.value_by_currency(Level.objects.all()) == {"USD": worth}
    stocked = Item.objects.filter(levels__quantity__gt=0).distinct().count()
    assert stocked == EXPECTED["products_with_stock_record"] - EXPECTED["zero_stock"]
    told = browser.get("/api/v1/items/positions/").json()["figures"]
    wanted = ("below_reorder_point", "below_safety_stock", "zero_stock")
    assert told == {name: EXPECTED[name] for name in wanted} | {"all": EXPECTED["products_with_stock_record"]}
    page = browser.get("/stock/points/?show=below_reorder_point").content.decode()
    assert "7 of 432 items are below their reorder point." in page
    assert "69 below safety stock, 4 out of stock." in page
    by_place = dict(Level.objects.values_list("location__name").annotate(total=Sum("quantity")))
    assert {name: by_place[name] for name in EXPECTED["quantity_by_location"]} == EXPECTED["quantity_by_location"]
    page = browser.get("/stock/as-of/").content.decode()
    assert f"{format_number(worth, 2, unit='USD')} at standard cost" in page
    first = Item.objects.get(code=numbers["1"])
    told = browser.get(f"/api/v1/items/{first.pk}/stock/").json()
    assert sum(Decimal(one["quantity"]) for one in told) == sum(
        int(one["quantity"]) for one in stock if one["product_id"] == "1"
    )


@pytest.mark.skipif(not EXPECTED, reason="the published data are not on this machine")
def test_a_real_company_is_classed_by_what_it_spent(cast: Any, browser: Client) -> None:
    spend: dict[str, Decimal] = {}
    for one in read("PurchaseOrderDetail.csv"):
        spend[one["product_id"]] = spend.get(one["product_id"], Decimal(0)) + Decimal(one["order_qty"]) * Decimal(
            one["unit_price"]
        )
    shelf = make.place(cast.company.plant, cast.manager)
    for key, value in spend.items():
        item = make.item(cast.company.plant, cast.manager, code=key)
        services.receive_stock(item=item, to=shelf, quantity=Decimal(1), unit_cost=value, actor=cast.manager)
    (move,) = services.receive_stock(
        item=item, to=shelf, quantity=Decimal(1), unit_cost=Decimal(10**6), actor=cast.manager
    )
    services.reverse_move(move, reason="Twice", actor=cast.manager)
    told = browser.get("/api/v1/items/abc/?by=spend").json()
    published = json.loads((FOLDER / "expected.json").read_text())["expected"]["abc_by_spend"]
    assert len(told) == published["products"]
    assert {name: sum(one["abc"] == name for one in told) for name in "ABC"} == published["counts"]
    for name, share in published["spend_share"].items():
        assert sum(one["share"] for one in told if one["abc"] == name) == pytest.approx(share)
    assert [(one["code"], float(one["value"])) for one in told[:3]] == [
        (one["product_id"], one["spend"]) for one in published["first3"]
    ]
    assert browser.get("/api/v1/items/abc/").json() == []
    page = browser.get("/stock/classes/?by=spend").content.decode()
    assert "Items in A: 30, B: 27, C: 208." in page
    assert browser.get("/api/v1/items/abc/?by=luck").status_code == 400


def test_a_file_of_moves_is_taken_once_and_taken_back_by_reversal(cast: Any, browser: Client) -> None:
    item, shelf = make.item(cast.company.plant, cast.manager), make.place(cast.company.plant, cast.manager)
    header = ["kind", "item", "location", "quantity", "document", "line"]
    rows = [
        ["receive", item.code, shelf.code, "5", "Opening", "1"],
        ["receive", item.code, shelf.code, "7", "Opening", "2"],
    ]
    (batch,) = upload(browser, "stock-moves", header, rows)
    assert queries.on_hand(item) == 12
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    again = browser.post("/stock-moves/import/", {"file": SimpleUploadedFile("rows.csv", text.getvalue().encode())})
    browser.post(again["Location"], {"do": "import"})
    assert (queries.on_hand(item), Move.objects.filter(item=item).count()) == (12, 2)
    assert browser.post(f"/stock-moves/import/{batch.pk}/", {"do": "undo"}).status_code == 302
    assert (queries.on_hand(item), Move.objects.filter(item=item).count()) == (0, 4)
    assert Location.objects.filter(code="SUPPLIER").count() == 1


def test_one_wrong_line_keeps_the_whole_file_out(cast: Any, browser: Client) -> None:
    item, shelf = make.item(cast.company.plant, cast.manager), make.place(cast.company.plant, cast.manager)
    rows = [["receive", item.code, shelf.code, "5", "F", "1"], ["issue", item.code, shelf.code, "6", "F", "2"]]
    text = io.StringIO()
    csv.writer(text).writerows([["kind", "item", "location", "quantity", "document", "line"], *rows])
    answer = browser.post("/stock-moves/import/", {"file": SimpleUploadedFile("rows.csv", text.getvalue().encode())})
    page = browser.get(answer["Location"]).content.decode()
    assert "not enough" in page
    assert not Move.objects.filter(item=item).exists()
