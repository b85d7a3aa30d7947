"""Dashboards of one's own: arranged by form and API, shared without showing more, one broken card breaks nothing else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.models import Event
from apps.core.web import homecards
from apps.core.web import pagemodel as pm
from apps.dashboard.models import Dashboard
from apps.kpis import services as kpis
from apps.work import services as work
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db


@pytest.fixture
def places() -> people.Company:
    with scope.system("test"):
        found = people.company()
        one = kpi("otd", found.root, rule="sum", on_overview=True, unit="pcs")
        for place, value in ((found.plant, "60"), (found.other, "4000")):
            row = (one.pk, place.pk, datetime(2026, 3, 3, 10, tzinfo=UTC), Decimal(value), None)
            kpis.roll_up_batch(kpis.record_readings([row], source="api", department=place, actor=None).pk)
        return found


def signed_in(name: str, role: str, department: Any) -> tuple[User, Client]:
    with scope.system("test"):
        person = people.user(name, role=role, department=department)
    client = Client()
    client.force_login(person)
    return person, client


def stored() -> Dashboard:
    with scope.system("test"):
        return Dashboard.objects.get()


def do(client: Client, key: int, verb: str, **values: str) -> Any:
    return client.post(f"/dashboards/{key}/arrange/", {"do": verb, **values})


def test_arranging_by_form(places: people.Company) -> None:
    _, boss = signed_in("boss", "OPM", places.root)
    assert boss.post("/dashboards/new/", {"title": "Morning"}).status_code == 302
    one = stored()
    names = [entry["card"] for entry in one.cards]
    assert {"kpis.figures", "kpis.exceptions", "dashboard.needs"} <= set(names), "it starts with the cards of the role"
    do(boss, one.pk, "add", card="kpis.chart:otd")
    do(boss, one.pk, f"size:{len(names)}")
    do(boss, one.pk, f"up:{len(names)}")
    do(boss, one.pk, "remove:0")
    do(boss, one.pk, "save", title="My morning", is_home="on")
    one = stored()
    assert one.title == "My morning" and one.is_home and not one.shared
    assert len(one.cards) == len(names)
    assert {"card": "kpis.chart", "param": "otd", "size": "full"} in one.cards
    page = boss.get(f"/dashboards/{one.pk}/").content.decode()
    assert "4,060" in page.replace("\u202f", ",").replace("\u00a0", ",")
    assert boss.get("/").headers["Location"] == f"/dashboards/{one.pk}/"
    assert boss.get(f"/dashboards/{one.pk}/?part=cards").content.decode().lstrip().startswith('<div class="o-cards"')
    with scope.system("test"):
        assert Event.objects.filter(name="dashboard.dashboard_changed").count() >= 4


def test_sharing_shows_each_reader_their_own_view(places: people.Company) -> None:
    _, boss = signed_in("boss", "OPM", places.root)
    _, local = signed_in("local", "DPM", places.plant)
    made = boss.post(
        "/api/v1/dashboards/",
        {"title": "Shared", "cards": [{"card": "kpis.figures", "size": "full"}]},
        content_type="application/json",
    )
    assert made.status_code == 201
    address = made.headers["Location"]
    assert local.get(address).status_code == 404, "not shared yet"
    etag = {"If-Match": made.headers["ETag"]}
    assert boss.patch(address, {"shared": True}, content_type="application/json", headers=etag).status_code == 200
    key = made.json()["id"]
    page = local.get(f"/dashboards/{key}/").content.decode()
    assert "60" in page and "4" + "060" not in page.replace("\u202f", "").replace(",", "")
    mine = local.patch(address, {"title": "Mine now"}, content_type="application/json", headers={"If-Match": '"v2"'})
    assert mine.status_code == 403
    assert local.delete(address).status_code == 403
    assert do(local, key, "remove:0").status_code == 403
    assert local.post(f"/dashboards/{key}/copy/").status_code == 302
    with scope.system("test"):
        assert sorted(Dashboard.objects.values_list("title", flat=True)) == ["Shared", "Shared (copy)"]
    assert boss.delete(address).status_code == 204


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ("all", "up to 24 cards"),
        ([{"card": "no.such"}], "no card"),
        ([{"card": "kpis.chart", "param": "nothing"}], "Choose a KPI"),
        ([{"card": "kpis.figures", "size": "huge"}], "half or full"),
        ([{"card": "kpis.figures"}] * 25, "up to 24 cards"),
        (["kpis.figures"], "name, a parameter and a size"),
    ],
)
def test_what_is_no_arrangement(places: people.Company, cards: Any, words: str) -> None:
    _, boss = signed_in("boss", "OPM", places.root)
    answer = boss.post("/api/v1/dashboards/", {"title": "X", "cards": cards}, content_type="application/json")
    assert answer.status_code == 422 and words in answer.json()["detail"]
    with scope.system("test"):
        assert not Dashboard.objects.exists()


def _raises() -> None:
    raise RuntimeError("no luck")


def _fails_in_the_database() -> None:
    connection.cursor().execute("SELECT no_such_column FROM org_department")


@pytest.mark.parametrize("fault", [_raises, _fails_in_the_database])
def test_a_broken_card_leaves_the_others_alive(places: people.Company, fault: Callable[[], None]) -> None:
    def broken(view: Any, param: str) -> pm.Section:
        fault()
        return pm.Section("Never")

    homecards.offer_card(homecards.Card("test.broken", "Broken card", broken))
    try:
        _, boss = signed_in("boss", "OPM", places.root)
        cards = [{"card": "test.broken"}, {"card": "kpis.figures"}]
        key = boss.post("/api/v1/dashboards/", {"title": "X", "cards": cards}, content_type="application/json").json()[
            "id"
        ]
        page = boss.get(f"/dashboards/{key}/").content.decode()
        assert "This part could not be made." in page and "Key figures" in page
    finally:
        homecards.cards._items.pop("test.broken")


def test_needs_are_sorted_by_what_waiting_costs() -> None:
    rows = [
        pm.NeedsRow("info", "/", tone="info"),
        pm.NeedsRow("late", "/", tone="bad", due_on=date(2026, 1, 9)),
        pm.NeedsRow("dear", "/", tone="info", cost_per_day=Decimal(300)),
        pm.NeedsRow("later", "/", tone="bad", due_on=date(2026, 2, 9)),
        pm.NeedsRow("dearer", "/", tone="warn", cost_per_day=Decimal(900)),
    ]
    assert [one.title for one in homecards.by_cost_of_waiting(rows)] == ["dearer", "dear", "late", "later", "info"]


def test_shared_with_a_department_reaches_its_people_and_those_below(places: people.Company) -> None:
    _, boss = signed_in("boss", "OPM", places.root)
    _, below = signed_in("below", "OPR", places.line)
    _, beside = signed_in("beside", "OPR", places.other)
    boss.post("/dashboards/new/", {"title": "Plant"})
    one = stored()
    assert below.get(f"/dashboards/{one.pk}/").status_code == 404
    assert do(boss, one.pk, "save", title="Plant", shared_with=str(places.plant.pk)).status_code == 302
    assert below.get(f"/dashboards/{one.pk}/").status_code == 200
    assert beside.get(f"/dashboards/{one.pk}/").status_code == 404
    assert beside.get(f"/api/v1/dashboards/{one.pk}/").status_code == 404
    page = boss.get(f"/dashboards/{one.pk}/arrange/").content.decode()
    assert f'value="{places.plant.pk}" selected' in page


def test_programs_change_dashboards_once_and_never_over_somebody(places: people.Company) -> None:
    _, boss = signed_in("boss", "OPM", places.root)
    body = {"title": "API", "cards": [], "shared_with": [places.plant.pk]}
    made = [
        boss.post("/api/v1/dashboards/", body, content_type="application/json", headers={"Idempotency-Key": "one"})
        for _ in "ab"
    ]
    assert [one.status_code for one in made] == [201, 201] and made[0].json() == made[1].json()
    url, tag = f"/api/v1/dashboards/{made[0].json()['id']}/", made[0].headers["ETag"]
    assert boss.get(url, headers={"If-None-Match": tag}).status_code == 304

    def change(**headers: str) -> int:
        return boss.patch(url, {"title": "New"}, content_type="application/json", headers=headers).status_code

    assert change() == 428
    assert change(**{"If-Match": tag}) == 200
    assert change(**{"If-Match": tag}) == 412
    wrong = boss.post(
        "/api/v1/dashboards/", body | {"title": "B", "shared_with": [99999]}, content_type="application/json"
    )
    assert (wrong.status_code, wrong.json()["field"]) == (422, "shared_with")
    assert boss.delete(url).status_code == 204


def test_dashboards_are_found_by_those_who_may_open_them(places: people.Company) -> None:
    _, me = signed_in("finder", "OPM", places.root)
    made: dict[str, int] = {}
    for title, settings in (
        ("Furnace secrets", {}),
        ("Furnace for all", {"shared": True}),
        ("Furnace of the other plant", {"shared_with": [places.other.pk]}),
    ):
        body = {"title": title, "cards": [], **settings}
        answer = me.post("/api/v1/dashboards/", body, content_type="application/json")
        made[title] = answer.json()["id"]
    _, neighbour = signed_in("lookout", "DPM", places.plant)

    def found(client: Client, words: str = "furnace") -> set[str]:
        page = client.get("/search/", {"q": words}).content.decode()
        return {title for title in made if title in page}

    assert found(me) == {"Furnace secrets", "Furnace for all", "Furnace of the other plant"}
    assert found(neighbour) == {"Furnace for all"}
    assert found(me, "") == set()
    palette = me.get("/search/", {"q": "secrets", "palette": "1"}).content.decode()
    assert f"/dashboards/{made['Furnace secrets']}/" in palette


def test_counts_beside_pages_come_late_and_only_of_what_one_may_see(places: people.Company) -> None:
    person, boss = signed_in("boss", "OPM", places.root)
    with scope.system("test"):
        for place in (places.plant, places.other, places.plant, places.other):
            work.open_task(title="Check valve", department=place, assignee=person, actor=person)
    page = boss.get("/overview/").content.decode()
    url = re.search(r'hx-get="(/waiting/[^"]+)"', page)
    assert url and 'id="waits-my_work"></span>' in page, "the page itself counts nothing"
    answer = boss.get(html.unescape(url[1]))
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    assert 'id="waits-my_work" hx-swap-oob="true">4</span>' in answer.content.decode()
    _, other = signed_in("other", "OPR", places.plant)
    assert "4" not in other.get("/waiting/?of=my_work").content.decode()
    assert other.get("/waiting/?of=no_such_place").content.strip() == b""
