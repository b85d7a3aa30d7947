"""The explore page shows the chart's numbers: splits add up, comparisons meet their period, files and API say the same."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.finders import find
from django.test import Client
from python_calamine import CalamineWorkbook

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.models import SavedView
from apps.core.values import Period
from apps.kpis import series, services
from apps.kpis.explore import MOST_LINES, year_before
from apps.kpis.models import Definition
from apps.org import services as org
from opsplatform import packaged as finder
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
START = datetime(2025, 1, 6, 11, tzinfo=UTC)


@dataclass
class World:
    places: people.Company
    sum: Definition
    ratio: Definition
    boss: User
    other: User


@pytest.fixture
def world() -> Iterator[World]:
    with scope.system("test"):
        places = people.company()
        site = org.open_site(code="S2", name="Second site", actor=None, city="Lyon", country="FR")
        org.change_department(places.other, site=site, actor=None)
        total, ratio = kpi("made", places.root, unit="pcs"), kpi("otd", places.root, rule="ratio", unit="%")
        rng, rows = random.Random(7), []
        for day in range(500):
            for place in (places.plant, places.line, places.other):
                at = START + timedelta(days=day)
                rows.append((total.pk, place.pk, at, Decimal(rng.randrange(1, 99)), None))
                rows.append((ratio.pk, place.pk, at, Decimal(rng.randrange(1, 9)), Decimal(10)))
        batch = services.record_readings(rows, source="api", department=places.root, actor=None)
        services.roll_up_batch(batch.pk)
        boss = people.user("boss", role="OPM", department=places.root)
        other = people.user("neighbour", role="DPM", department=places.other)
        yield World(places, total, ratio, boss, other)


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def asked(person: User, query: str) -> Any:
    answer = client_of(person).get(f"/api/v1/kpis/explore/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_numbers_are_those_of_the_chart(world: World) -> None:
    found = asked(world.boss, f"kpi={world.sum.pk}&kpi={world.ratio.pk}&period=week&points=20")
    assert found["period"] == "week"
    for line in found["lines"]:
        alone = client_of(world.boss).get(f"/api/v1/kpis/{line['kpi']}/values/?period=week&points=20").json()
        assert [(one["key"], one["value"], one["count"]) for one in line["values"]] == [
            (one["key"], one["value"], one["count"]) for one in alone["values"]
        ]
        assert len(line["values"]) == 20 and all(one["value"] for one in line["values"])


@pytest.mark.parametrize("split", ["department", "site"])
def test_a_split_of_sums_adds_up_to_the_whole(world: World, split: str) -> None:
    query = f"kpi={world.sum.pk}&period=month&points=12"
    (whole,) = asked(world.boss, query)["lines"]
    parts = asked(world.boss, f"{query}&split={split}")["lines"]
    assert len(parts) == (3 if split == "department" else 2)
    assert all(line[split] is not None for line in parts)
    for index, value in enumerate(whole["values"]):
        assert sum(Decimal(line["values"][index]["value"]) for line in parts) == Decimal(value["value"])


def test_a_site_is_the_same_place_on_the_chart(world: World) -> None:
    with scope.system("test"):
        org.change_department(world.places.line, site=None, actor=None)  # it stands at the site of the plant above
    query = "period=month&points=4"
    main, second = asked(world.boss, f"kpi={world.sum.pk}&{query}&split=site")["lines"]
    for code, line in (("S1", main), ("S2", second)):
        alone = client_of(world.boss).get(f"/api/v1/kpis/{world.sum.pk}/values/?{query}&site={code}").json()
        assert [one["value"] for one in line["values"]] == [one["value"] for one in alone["values"]]


def test_a_split_ratio_is_that_of_each_place(world: World) -> None:
    query = f"kpi={world.ratio.pk}&period=month&points=3"
    for line in asked(world.boss, f"{query}&split=department")["lines"]:
        if (
            line["department"] != world.places.plant.pk
        ):  # the plant's own part; with its line below it is another number
            (alone,) = asked(world.boss, f"{query}&department={line['department']}")["lines"]
            assert [one["value"] for one in line["values"]] == [one["value"] for one in alone["values"]]


@pytest.mark.parametrize(("compare", "keys"), [("previous", "2025-12 2026-01"), ("year", "2025-02 2025-03")])
def test_comparison_shows_the_earlier_period_itself(world: World, compare: str, keys: str) -> None:
    query = f"kpi={world.sum.pk}&period=month"
    (line,) = asked(world.boss, f"{query}&start=2026-02-01&end=2026-03-31&compare={compare}")["lines"]
    assert [one["key"] for one in line["values"]] == ["2026-02", "2026-03"]
    assert [one["compared_key"] for one in line["values"]] == keys.split()
    (earlier,) = asked(world.boss, f"{query}&start={keys.split()[0]}-01&end={keys.split()[1]}-15")["lines"]
    assert [one["compared_value"] for one in line["values"]] == [one["value"] for one in earlier["values"]]


@pytest.mark.parametrize(
    ("key", "earlier"),
    [
        ("2026-W47", "2025-W47"),
        ("2020-W53", None),
        ("2024-02-29", None),
        ("2026-03-01", "2025-03-01"),
        ("2026-01", "2025-01"),
        ("2026-07-01T05:00+02:00", "2025-07-01T05:00+02:00"),
    ],
)
def test_the_same_period_last_year(key: str, earlier: str | None) -> None:
    found = year_before(Period.parse(key, series.zone()))
    assert (found.key if found else None) == earlier


def test_each_sees_their_own_departments(world: World) -> None:
    query = f"kpi={world.sum.pk}&split=department&period=month&points=4"
    mine = asked(world.other, query)["lines"]
    assert [line["department"] for line in mine] == [world.places.other.pk]
    everything = asked(world.boss, query)["lines"]
    assert mine[0]["values"] == next(one for one in everything if one["department"] == world.places.other.pk)["values"]
    answer = client_of(world.other).get(f"/api/v1/kpis/explore/?kpi={world.sum.pk}&department={world.places.line.pk}")
    assert answer.status_code in {400, 422} and answer.json()["field"] == "department"


def test_nothing_measured_within_reach_is_said(world: World) -> None:
    with scope.system("test"):
        idle = org.open_department(code="IDLE", name="Idle", parent=world.places.root, actor=None)
        reader = people.user("idle", role="DPM", department=idle)
    for split in ("", "department", "site"):
        page = client_of(reader).get(f"/kpis/explore/?kpi={world.sum.pk}&split={split}").content.decode()
        assert "No values in this range." in page and "Choose KPIs to start" not in page


def test_a_coarser_kpi_sets_the_period_of_all(world: World) -> None:
    with scope.system("test"):
        monthly = kpi("cost", world.places.root, grain="month")
    found = asked(world.boss, f"kpi={world.sum.pk}&kpi={monthly.pk}&period=day&points=2")
    assert found["period"] == "month"
    page = client_of(world.boss).get(f"/kpis/explore/?kpi={world.sum.pk}&kpi={monthly.pk}&period=day&points=2")
    assert "Shown by month." in page.content.decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "kpi"),
        ("kpi=0", "kpi"),
        ("kpi=x", "kpi"),
        ("kpi=99999999999999999999999", "kpi"),
        ("kpi={k}&split=team", "split"),
        ("kpi={k}&period=year", "period"),
        ("kpi={k}&compare=best", "compare"),
        ("kpi={k}&points=0", "points"),
        ("kpi={k}&points=401", "points"),
        ("kpi={k}&start=2026-02-30", "start"),
        ("kpi={k}&start=0001-01-01", "start"),
        ("kpi={k}&start=2026-02-02&end=2026-02-01", "start"),
        ("kpi={k}&start=1990-01-01&period=day", "start"),
        ("kpi={k}&department=abc", "department"),
        ("kpi={k}&colour=red", "colour"),
        ("kpi={k}&period=day&period=week", "period"),
    ],
)
def test_wrong_choices_are_told_by_field(world: World, query: str, field: str) -> None:
    query = query.format(k=world.sum.pk)
    answer = client_of(world.boss).get(f"/api/v1/kpis/explore/?{query}")
    assert answer.status_code in {400, 422} and answer.json()["field"] == field, answer.content
    if query and field != "colour" and query.count("period") < 2:
        page = client_of(world.boss).get(f"/kpis/explore/?{query}")
        assert page.status_code == 422 and 'aria-invalid="true"' in page.content.decode()


def test_more_lines_than_anyone_reads_are_refused(world: World) -> None:
    with scope.system("test"):
        places = [
            org.open_department(code=f"D{at}", name=f"D{at}", parent=world.places.root, actor=None)
            for at in range(MOST_LINES)
        ]
        rows = [(world.sum.pk, place.pk, START + timedelta(days=499), Decimal(1), None) for place in places]
        batch = services.record_readings(rows, source="api", department=world.places.root, actor=None)
        services.roll_up_batch(batch.pk)
    answer = client_of(world.boss).get(f"/api/v1/kpis/explore/?kpi={world.sum.pk}&split=department")
    assert answer.status_code in {400, 422} and answer.json()["field"] == "split"
    assert "split by site" in answer.json()["detail"]
    assert client_of(world.boss).get(f"/kpis/explore/?kpi={world.sum.pk}&split=department").status_code == 422
    (site,) = asked(world.boss, f"kpi={world.sum.pk}&split=site&points=1&department={places[0].pk}")["lines"]
    assert site["site"] == world.places.site.pk  # that of the department above


def test_the_page_shows_what_the_api_says_and_drills(world: World) -> None:
    query = f"kpi={world.sum.pk}&period=month&points=3"
    (line,) = asked(world.boss, query)["lines"]
    page = client_of(world.boss).get(f"/kpis/explore/?{query}").content.decode()
    for one in line["values"]:
        assert f"{int(one['value']):,}".replace(",", "\u202f") in page
    assert f"/kpis/{world.sum.pk}/origin/?period={line['values'][-1]['key']}" in page
    chart = client_of(world.boss).get(f"/kpis/{world.sum.pk}/chart/?period=month").content.decode()
    assert f'href="/kpis/explore/?kpi={world.sum.pk}&amp;period=month"' in chart


def test_files_hold_exactly_what_is_shown(world: World) -> None:
    with scope.system("test"):
        services.change_kpi(world.sum, name="=HYPERLINK(1)", actor=None)
    query = f"kpi={world.sum.pk}&kpi={world.ratio.pk}&period=month&points=3&split=department&compare=year"
    lines = asked(world.boss, query)["lines"]
    client = client_of(world.boss)
    content = b"".join(client.get(f"/kpis/explore/export.csv?{query}").streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    flat = [(line, value) for line in lines for value in line["values"]]
    assert [(row["Period"], Decimal(row["Value"]), int(row["Readings"])) for row in rows] == [
        (value["key"], Decimal(value["value"]), value["count"]) for _, value in flat
    ]
    assert [row["Compared value"] for row in rows] == [value["compared_value"] or "" for _, value in flat]
    assert rows[0]["KPI"] == "'=HYPERLINK(1)"
    assert "split by department · compared with last year" in rows[0]["Shown"]
    file = io.BytesIO(b"".join(client.get(f"/kpis/explore/export.xlsx?{query}").streaming_content))
    book = CalamineWorkbook.from_filelike(file)
    cells = book.get_sheet_by_index(0).to_python()[1:]
    assert [row[8] for row in cells] == pytest.approx([float(value["value"]) for _, value in flat], rel=1e-14)
    assert cells[0][7] == date.fromisoformat(f"{flat[0][1]['key']}-01")
    about = "\n".join(str(row[0]) for row in book.get_sheet_by_name("About").to_python())
    assert "split by department" in about and "period=month" in about
    assert client.get(f"/kpis/explore/export.pdf?{query}").status_code == 404


def test_views_are_saved_shared_and_deleted_by_their_owner(world: World) -> None:
    query = f"kpi={world.sum.pk}&split=site"
    boss, other = client_of(world.boss), client_of(world.other)
    for name, shared in (("Mine", ""), ("Ours", "on")):
        done = boss.post(f"/kpis/explore/save/?compare=&{query}", {"name": name, "shared": shared})
        assert done.status_code == 302 and done["Location"] == f"/kpis/explore/?{query}"
    seen = other.get("/kpis/explore/").content.decode()
    assert "Ours" in seen and "Mine" not in seen
    opened = other.get(f"/kpis/explore/?{query}").content.decode()
    assert "Second site" in opened and "Main site" not in opened and "Delete view" not in opened
    with scope.system("test"):
        ours = SavedView.objects.get(name="Ours")
    other.post(f"/kpis/explore/views/{ours.pk}/delete/")
    assert "Ours" in boss.get("/kpis/explore/").content.decode()
    boss.post(f"/kpis/explore/views/{ours.pk}/delete/")
    assert "Ours" not in boss.get("/kpis/explore/").content.decode()


def test_one_file_of_the_chart_library_is_served_and_its_absence_is_no_error(
    world: World, settings: Any, tmp_path: Path
) -> None:
    file = settings.PACKAGED_FILES[settings.ECHARTS]
    (served,) = [name for name, storage in finder.PackagedFilesFinder().list(None) if storage.path(name) == str(file)]
    assert served == "echarts.common.min.js"
    assert find(settings.ECHARTS) == str(file) and find("echarts/echarts.js") is None
    url = f"/kpis/explore/?kpi={world.sum.pk}"
    assert "/static/echarts/echarts.common.min" in client_of(world.boss).get(url).content.decode()
    settings.PACKAGED_FILES = {settings.ECHARTS: tmp_path / "not-installed.js"}
    assert not list(finder.PackagedFilesFinder().list(None)) and find(settings.ECHARTS) is None
    page = client_of(world.boss).get(url).content.decode()
    assert "data-echarts" not in page and "<svg" in page
