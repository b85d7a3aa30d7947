"""Readings from bad files, at both doors: every row answered, nothing half-imported, nothing imported twice."""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.access import scope
from apps.core.models import ImportBatch
from apps.core.tabular import write_xlsx
from apps.kpis.models import Reading, ReadingBatch
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
HEAD = "kpi,department,at,value\n"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def door() -> Client:
    with scope.system("test"):
        places = people.company()
        kpi("scrap", places.root)
        manager = people.user("planner", role="OPM", department=places.root)
    client = Client()
    client.force_login(manager)
    return client


def send(door: Client, content: bytes | str, name: str = "readings.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return door.post("/kpi-readings/import/", {"file": SimpleUploadedFile(name, data)})


def report(answer: Any) -> ImportBatch:
    assert answer.status_code == 302, dict(answer.context["page"].form.errors)
    with scope.system("test"):
        return ImportBatch.objects.order_by("-pk")[0]


def confirm(door: Client, batch: ImportBatch) -> ImportBatch:
    door.post(f"/kpi-readings/import/{batch.pk}/")
    with scope.system("reading the report"):
        batch.refresh_from_db()
    return batch


def stored() -> list[Decimal]:
    with scope.system("test"):
        return list(Reading.objects.order_by("at").values_list("value", flat=True))


def refusal(answer: Any) -> str:
    assert answer.status_code == 422
    assert stored() == []
    return str(answer.context["page"].form.errors["file"][0])


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + HEAD + "scrap,PLANT,2026-03-02,12.5\n",
        "kpi;department;at;value\nscrap;PLANT;2026-03-02;12,5\n",
        "kpi\tdepartment\tat\tvalue\nscrap\tPLANT\t02.03.2026\t12,50\n".replace("02.03", "2.3"),
        HEAD + 'scrap,PLANT,2026-03-02,"12,5"\n',
    ],
    ids=["byte-order mark", "semicolons and comma decimals", "tabs and dotted dates", "quoted comma decimals"],
)
def test_other_peoples_spelling_is_understood(door: Client, content: str) -> None:
    if "\t" in content:
        content = content + "scrap\tPLANT\t25.3.2026\t1,25\n"
    batch = report(send(door, content))
    assert batch.problems == []
    assert stored() == [], "the check kept something"
    assert confirm(door, batch).state == "imported"
    assert stored()[0] == Decimal("12.5")


def test_one_per_cent_of_bad_rows_is_told_row_by_row_and_nothing_is_kept(door: Client) -> None:
    rows = [f"scrap,PLANT,2026-03-{1 + n // 24:02d} {n % 24:02d}:00,{n}" for n in range(500)]
    rows[10], rows[20], rows[30] = (
        "unknown,PLANT,2026-03-01 10:00,1",
        "scrap,PLANT,2026-02-30,1",
        "scrap,PLANT,2026-03-02 06:00,many",
    )
    rows[40], rows[50] = "scrap,NOWHERE,2026-03-02 16:00,1", "scrap,PLANT,,5"
    batch = report(send(door, HEAD + "\n".join(rows)))
    assert [one["line"] for one in batch.problems] == [12, 22, 32, 42, 52]
    assert [one["problems"][0][0] for one in batch.problems] == ["kpi", "at", "value", "department", "at"]
    assert all(one["problems"][0][1] for one in batch.problems)
    assert confirm(door, batch).state in {"checked", "refused"}
    assert stored() == []


def test_equal_twins_count_once_and_different_twins_are_refused(door: Client) -> None:
    row = "scrap,PLANT,2026-03-02,5\n"
    batch = report(send(door, HEAD + row + row))
    assert (batch.problems, batch.created, batch.unchanged) == ([], 1, 1)
    other = report(send(door, HEAD + row + "scrap,PLANT,2026-03-02,6\n"))
    assert [one["line"] for one in other.problems] == [3]
    confirm(door, other)
    assert stored() == []


def test_a_second_run_imports_nothing_twice(door: Client) -> None:
    content = HEAD + "".join(f"scrap,PLANT,2026-03-{day:02d},{day}\n" for day in range(1, 21))
    batch = confirm(door, report(send(door, content)))
    assert batch.state == "imported"
    assert len(stored()) == 20
    confirm(door, batch)  # the same page sent again
    again = report(send(door, content))
    assert (again.created, again.changed, again.unchanged) == (0, 0, 20)
    confirm(door, again)
    assert len(stored()) == 20
    with scope.system("test"):
        assert sum(ReadingBatch.objects.values_list("added", flat=True)) == 20


def test_a_zip_bomb_is_refused_before_it_unpacks(door: Client) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    assert refusal(send(door, bomb.getvalue(), "bomb.xlsx"))


def test_a_formula_is_no_value(door: Client, tmp_path: Any) -> None:
    batch = report(send(door, HEAD + "scrap,PLANT,2026-03-02,=1+1\n"))
    assert [one["line"] for one in batch.problems] == [2]
    confirm(door, batch)
    assert stored() == []


def test_a_workbook_reads_like_the_csv(door: Client, tmp_path: Any) -> None:
    file = tmp_path / "readings.xlsx"
    write_xlsx(file, ("kpi", "department", "at", "value"), [["scrap", "PLANT", "2026-03-02", Decimal("12.5")]], "note")
    batch = confirm(door, report(send(door, file.read_bytes(), "readings.xlsx")))
    assert batch.state == "imported"
    assert stored() == [Decimal("12.5")]


@pytest.mark.parametrize(
    "content", ["", "just words", "kpi,at\nscrap,2026-03-02\n", "kpi,department,at,value,colour\na,b,c,d,e\n"]
)
def test_a_file_that_is_no_table_of_readings_is_refused_whole(door: Client, content: str) -> None:
    assert refusal(send(door, content))


def bulk(door: Client, readings: Any, **headers: str) -> Any:
    return door.post(
        "/api/v1/kpi-readings/bulk/",
        json.dumps({"readings": readings}),
        content_type="application/json",
        headers=headers,
    )


def reading(**changed: Any) -> dict[str, Any]:
    return {"kpi": "scrap", "department": "PLANT", "at": "2026-03-02T00:00:00Z", "value": "5"} | changed


@pytest.mark.parametrize(
    "bad",
    [
        {"kpi": "unknown"},
        {"kpi": None},
        {"kpi": []},
        {"department": "NOWHERE"},
        {"at": "2026-02-30T00:00:00Z"},
        {"at": "2026-03-02"},
        {"at": 5},
        {"value": "many"},
        {"value": None},
        {"value": "NaN"},
        {"value": True},
        {"value": "1e30"},
        {"weight": "5"},
        {"weight": {}},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_bad_reading_by_api_is_named_and_nothing_is_kept(door: Client, bad: dict[str, Any]) -> None:
    answer = bulk(door, [reading(at="2026-03-01T00:00:00Z"), reading(**bad)])
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert "readings[1]" in answer.json()["details"]["rows"]
    assert stored() == []


def test_the_same_call_twice_stores_once(door: Client) -> None:
    first = bulk(door, [reading()], **{"Idempotency-Key": "one"})
    again = bulk(door, [reading()], **{"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    assert bulk(door, [reading(value="6")], **{"Idempotency-Key": "one"}).status_code == 422
    third = bulk(door, [reading()])
    assert (third.json()["added"], third.json()["unchanged"]) == (0, 1)
    assert stored() == [Decimal(5)]
