"""Daily pages and endpoints of stock: scan and move, labels, any moment of the past, genealogy, production, what waits."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.metrics import metrics
from apps.core.models import ImportBatch
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import View
from apps.inventory import gs1, insights, queries, services, tasks, views
from apps.inventory.models import Count, Item, Location, Lot, Move, Proposal
from tests.factories import inventory as make
from tests.factories import people

D = Decimal
GTIN = "09506000134376"


@pytest.fixture
def cast(db: None) -> Any:
    with scope.system("a test"):
        yield people.cast()


def signed(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_scan_fills_the_form_and_the_move_is_written(cast: Any) -> None:
    item = make.item(cast.company.plant, cast.manager, tracking="lot", gtin=GTIN)
    shelf = make.place(cast.company.plant, cast.manager)
    browser = signed(cast.by_role["OPR"])
    code = "(01)09506000134376(17)300430(10)B7(37)25"
    page = browser.get("/stock/scan/", {"code": code, "kind": "receive", "location": shelf.pk})
    text = page.content.decode()
    assert page.status_code == 200 and 'value="B7"' in text and 'value="25"' in text and "2030-04-30" in text
    given = {
        "kind": "receive",
        "item": item.pk,
        "location": shelf.pk,
        "quantity": "25",
        "lot_number": "B7",
        "expires_on": "2030-04-30",
    }
    done = browser.post("/stock/scan/", given)
    assert done.status_code == 302 and f"location={shelf.pk}" in done["Location"]
    assert queries.on_hand(item) == 25 and Lot.objects.get(number="B7").expires_on == date(2030, 4, 30)
    wrong = browser.post("/stock/scan/", given | {"kind": "issue", "quantity": "26"})
    assert wrong.status_code == 422 and b"not enough" in wrong.content
    assert Move.objects.filter(item=item).count() == 1
    for bad in ("(01)09506000134375", "nothing", "00012345600012"):
        assert browser.get("/stock/scan/", {"code": bad}).status_code == 422


def test_who_may_not_move_stock_may_not_scan(cast: Any) -> None:
    assert signed(cast.by_role["AUD"]).get("/stock/scan/").status_code == 403
    assert signed(cast.stranger).get("/stock/as-of/").status_code == 403


def test_a_neighbour_sees_no_stock_of_another_department(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 123)
    neighbour = signed(cast.neighbour)
    assert neighbour.get(f"/items/{item.pk}/").status_code == 404
    assert neighbour.get(f"/api/v1/items/{item.pk}/stock/").status_code == 404
    assert "123" not in neighbour.get("/stock/as-of/").content.decode()


def test_the_list_says_what_the_reader_has_on_hand_and_nothing_of_others(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.root, cast.manager, 123)
    services.set_policy(item=item, location=shelf, reorder_point=D(5), order_quantity=D(20), actor=cast.manager)
    for path in ("/items/", "/stock-policies/"):
        assert f"123 {item.unit}" in signed(cast.by_role["OPM"]).get(path).content.decode()
    neighbour = signed(cast.neighbour).get("/items/").content.decode()
    assert item.code in neighbour and "123" not in neighbour.split(item.code)[1].split("</tr>")[0]


def test_the_label_is_a_pdf_that_says_the_lot(cast: Any) -> None:
    item = make.item(cast.company.plant, cast.manager, tracking="lot", gtin=GTIN)
    shelf = make.place(cast.company.plant, cast.manager)
    (move,) = services.receive_stock(
        item=item, to=shelf, quantity=D(1), lot_number="B7", expires_on=date(2030, 4, 30), actor=cast.manager
    )
    answer = signed(cast.by_role["OPM"]).get(f"/items/{item.pk}/label.pdf", {"lot": move.lot_id})
    assert answer["Content-Type"] == "application/pdf"
    page = PdfReader(io.BytesIO(answer.content)).pages[0]
    fonts = [str(one.get_object()["/BaseFont"]) for one in page["/Resources"]["/Font"].values()]
    assert fonts and all("Inter" in one for one in fonts)
    text = page.extract_text()
    said = "(01)09506000134376(17)300430(10)B7"
    assert said in text.replace("\n", "")
    scanned = gs1.encode(views.label_pairs(item, move.lot))
    assert (scanned[0], gs1.parse(scanned, today=date(2026, 11, 24)).lot) == ("0", "B7")


def test_stock_is_read_at_any_time_through_the_api(cast: Any) -> None:
    item, shelf = make.item(cast.company.plant, cast.manager), make.place(cast.company.plant, cast.manager)
    monday = timezone.now() - timedelta(days=7)
    services.receive_stock(item=item, to=shelf, quantity=D(9), unit_cost=D(2), effective_at=monday, actor=cast.manager)
    services.issue_stock(item=item, at=shelf, quantity=D(4), actor=cast.manager)
    browser = signed(cast.by_role["OPM"])

    def read(**asked: str) -> list[str]:
        return [one["quantity"] for one in browser.get(f"/api/v1/items/{item.pk}/stock/", asked).json()]

    assert read() == ["5.000000"]
    assert read(at=(monday + timedelta(days=1)).isoformat()) == ["9.000000"]
    assert read(at=(monday - timedelta(days=1)).isoformat()) == []
    assert read(recorded_by=(timezone.now() - timedelta(days=1)).isoformat()) == []
    assert browser.get(f"/api/v1/items/{item.pk}/stock/", {"at": "yesterday"}).status_code == 400
    worth = browser.get(f"/api/v1/items/{item.pk}/worth/").json()
    assert (worth["quantity"], worth["fifo"], worth["put_in"]) == ("5.000000", "10.000000", "18.000000")
    day = (monday + timedelta(days=1)).date().isoformat()
    assert "9 pcs" in browser.get("/stock/as-of/", {"on": day}).content.decode()


def test_production_is_written_whole_and_traced_through_the_api(cast: Any) -> None:
    steel = make.item(cast.company.plant, cast.manager, tracking="lot")
    valve = make.item(cast.company.plant, cast.manager, tracking="lot")
    shelf = make.place(cast.company.plant, cast.manager)
    services.receive_stock(item=steel, to=shelf, quantity=D(10), lot_number="H1", actor=cast.manager)
    browser = signed(cast.by_role["DPM"])

    def produce(quantity: str) -> Any:
        part = {"item": steel.pk, "at": shelf.pk, "quantity": quantity, "lot_number": "H1"}
        body = {"item": valve.pk, "to": shelf.pk, "quantity": "5", "lot_number": "V1", "consumes": [part]}
        return browser.post("/api/v1/stock-moves/produce/", body, content_type="application/json")

    refused = produce("11")
    assert (refused.status_code, refused.json()["field"]) == (422, "consumes.0.quantity")
    assert not Lot.objects.filter(number="V1").exists()
    made = produce("10")
    assert made.status_code == 201 and len(made.json()["moves"]) == 2
    lot = Lot.objects.get(number="H1")
    (relative,) = browser.get(f"/api/v1/lots/{lot.pk}/genealogy/").json()
    assert (relative["relation"], relative["code"], relative["steps"]) == ("went_into", f"{valve.code}/V1", 1)
    assert "Went into" in browser.get(f"/lots/{lot.pk}/").content.decode()


def test_a_production_is_written_by_screen_traced_and_taken_back_whole(cast: Any) -> None:
    steel, valve = (make.item(cast.company.plant, cast.manager, tracking="lot") for _ in range(2))
    ring = make.item(cast.company.plant, cast.manager)
    shelf, store = (make.place(cast.company.plant, cast.manager) for _ in range(2))
    services.receive_stock(item=steel, to=shelf, quantity=D(10), lot_number="H1", actor=cast.manager)
    services.receive_stock(item=ring, to=store, quantity=D(8), actor=cast.manager)
    browser = signed(cast.by_role["DPM"])
    assert signed(cast.by_role["AUD"]).get("/stock/produce/").status_code == 403
    given = {
        "rows": "3", "item": valve.pk, "to": shelf.pk, "quantity": "5", "lot_number": "V1",
        "part-0-item": steel.pk, "part-0-quantity": "10", "part-0-lot_number": "H1",
        "part-2-item": ring.pk, "part-2-at": store.pk, "part-2-quantity": "9",
    }  # fmt: skip
    more = browser.post("/stock/produce/", given | {"more": "1"})
    assert more.status_code == 200 and b'name="part-3-item"' in more.content and b'value="H1"' in more.content
    short = browser.post("/stock/produce/", given).content.decode()
    at = short.index('name="part-2-quantity"')
    assert "not enough" in short[at : at + 900] and "not enough" not in short[:at]
    bare = browser.post("/stock/produce/", given | {"part-0-item": "", "part-0-quantity": "", "part-0-lot_number": ""})
    assert bare.status_code == 422
    none = {name: value for name, value in given.items() if not name.startswith("part")}
    assert b"Choose at least one component." in browser.post("/stock/produce/", none).content
    assert queries.on_hand(steel) == 10 and not Lot.objects.filter(item=valve).exists()
    done = browser.post("/stock/produce/", given | {"part-2-quantity": "5"})
    made = Move.objects.get(kind="produce")
    assert done.status_code == 302 and done["Location"] == f"/stock-moves/{made.pk}/"
    assert (queries.on_hand(steel), queries.on_hand(ring), queries.on_hand(valve)) == (0, 3, 5)
    shown = browser.get(done["Location"]).content.decode()
    assert f"/lots/{made.lot_id}/" in shown and f"{steel.code}/H1" in shown
    assert f"{steel.code}/H1" in browser.get(f"/lots/{made.lot_id}/").content.decode()
    back = browser.post(f"/stock-moves/{made.pk}/reverse_production/", {"reason": "Wrong drawing"})
    assert back.status_code == 302
    assert (queries.on_hand(steel), queries.on_hand(ring), queries.on_hand(valve)) == (10, 8, 0)
    assert queries.genealogy(made.lot, forward=False) == []
    with pytest.raises(Refused):
        services.reverse_production(made, reason="Again", actor=cast.manager)


def test_what_waits_and_what_the_clock_does(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 3)
    services.set_policy(item=item, location=shelf, reorder_point=D(5), order_quantity=D(20), actor=cast.manager)
    milk = make.item(cast.company.plant, cast.manager, tracking="lot")
    today = timezone.localdate()
    services.receive_stock(
        item=milk, to=shelf, quantity=D(2), lot_number="M", expires_on=today + timedelta(days=2), actor=cast.manager
    )
    tasks.propose_orders(timezone.now())
    tasks.plan_cycle_counts(timezone.now())
    assert Proposal.objects.count() == 1 and Count.objects.count() == 1

    def waiting(role: str = "OPM") -> dict[str, pm.NeedsRow]:
        return {row.key.split(":")[0]: row for row in insights.needs(View(cast.by_role[role], "week", today))}

    assert {"shortage", "expiring", "count"} <= set(waiting())
    short = waiting()["shortage"]
    assert short.title.startswith("Reorder") and [one.label for one in short.buttons] == ["Accept", "Review"]
    assert [one.label for one in waiting("OPR")["shortage"].buttons] == ["Review"]
    services.accept_proposal(Proposal.objects.get(), actor=cast.manager)
    assert "shortage" not in waiting(), "what comes is enough: nobody has to act"
    tasks.class_items(timezone.now())
    assert Item.objects.get(pk=item.pk).abc == "C"


def test_figures_for_kpis_foot_to_the_ledger(cast: Any) -> None:
    item, shelf = (
        make.item(cast.company.plant, cast.manager, standard_cost=D(3)),
        make.place(cast.company.plant, cast.manager),
    )
    now = timezone.now()
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=5)
    services.receive_stock(item=item, to=shelf, quantity=D(100), effective_at=noon, actor=cast.manager)
    services.issue_stock(item=item, at=shelf, quantity=D(30), effective_at=noon + timedelta(days=1), actor=cast.manager)
    services.scrap_stock(
        item=item, at=shelf, quantity=D(2), reason="Bent", effective_at=noon + timedelta(days=2), actor=cast.manager
    )
    start, end = noon.replace(hour=0), noon.replace(hour=0) + timedelta(days=4)

    def measured(name: str) -> list[Decimal]:
        found = metrics[f"inventory.{name}"].collect(start, end, "day", "UTC")
        return [one.value for one in sorted(found, key=lambda one: one.at)]

    assert measured("value") == [300, 210, 204, 204]
    assert measured("issued") == [90]
    assert measured("scrapped") == [6]


def test_the_ledger_reads_like_words_and_fits_a_phone(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 10, unit="kg")
    then = timezone.now() - timedelta(days=3)
    late = services.receive_stock(item=item, to=shelf, quantity=D(2), effective_at=then, actor=cast.manager)[0]
    text = signed(cast.manager).get("/stock-moves/").content.decode()
    assert "+00:00" not in text and ">receive<" not in text and "Receipt" in text
    zone = cells.zone_of(cast.manager)
    assert f"{then.astimezone(zone):%H:%M}" in cells.moment(late.effective_at, zone)[0]
    card = text.partition('data-at="title">')[2]
    assert item.code in card.partition("</td>")[0]
    assert "2 <small>kg</small>" in text


def test_sums_never_add_currencies(cast: Any) -> None:
    make.stocked(cast.company.plant, cast.manager, 10, standard_cost=D(3))
    make.stocked(cast.company.plant, cast.manager, 10, standard_cost=D(5), currency="USD")
    text = signed(cast.manager).get("/stock/as-of/").content.decode()
    assert "30.00\u202fEUR + 50.00\u202fUSD at standard cost." in text.replace("\xa0", "\u202f")


def test_what_is_below_safety_stock_says_so(cast: Any) -> None:
    make.stocked(cast.company.plant, cast.manager, 5, safety_stock=D(10), reorder_point=D(20))
    text = signed(cast.manager).get("/stock/points/").content.decode()
    assert text.count("Below reorder point") == 0 and "Below safety stock" in text.partition("<tbody>")[2]


def test_a_typed_number_is_found_in_any_case_or_said_to_be_none(cast: Any) -> None:
    make.item(cast.company.plant, cast.manager, code="BOLT-M8")
    browser = signed(cast.by_role["OPR"])
    assert "BOLT-M8" in browser.get("/stock/scan/", {"code": "bolt-m8", "kind": "receive"}).content.decode()
    text = browser.get("/stock/scan/", {"code": "BOLT", "kind": "receive"}).content.decode()
    assert "No item has the number “BOLT”" in text and "GS1 code: " not in text


def test_a_file_with_every_fault_names_each_and_writes_nothing(cast: Any, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    make.item(cast.company.root, cast.manager, code="BOLT")
    make.place(cast.company.root, cast.manager)
    place = Location.objects.latest("id")
    faults = ["-5", "0", "NaN", "1e30", "1e99", "1234567890123456789012345678", "0.0000001", "=1+1", "five", ""]
    lines = [f"receive,BOLT,{place.code},{one},I,{number}" for number, one in enumerate(faults)]
    lines += [f"fly,BOLT,{place.code},1,J,1", f"receive,NUT,{place.code},1,J,2", "receive,BOLT,NOWHERE,1,J,3"]
    lines += [f"issue,BOLT,{place.code},9,J,4", f"transfer,BOLT,{place.code},1,J,5", f"receive,BOLT,{place.code},1,J,6"]
    content = "kind,item,location,quantity,document,line\n" + "\n".join(lines)
    browser = signed(cast.by_role["OPM"])
    answer = browser.post("/stock-moves/import/", {"file": SimpleUploadedFile("moves.csv", content.encode())})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    batch = ImportBatch.objects.latest("id")
    assert sorted(one["line"] for one in batch.problems) == list(range(2, len(lines) + 1)), batch.problems
    assert not Move.objects.exists()
