"""Rows out and in again: an export imports as "the same", one changed row is one change, and undo takes it back."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.access import scope
from apps.core.models import ImportBatch
from apps.core.resources.resource import Resource, resources
from apps.core.tabular import write_csv
from tests.factories.world import World

pytestmark = pytest.mark.usefixtures("world")
# What comes out is not what goes in, each with the reason.
ONE_WAY = {
    "reading_batch": "a batch is a receipt; its file holds readings, tested with the KPIs",
    "stock_move": "a ledger is only added to; its file holds what happened, tested with the stock",
    "budget_entry": "the ledger is append-only; a file adds to it, tested with the budgets",
}
NOUNS = {one.name: one for one in resources if one.import_key and one.name not in ONE_WAY}
# The column in which one cell is changed, and to what, where it is not the name.
CELLS = {
    "exchange_rate": ("rate", "1.3"),
    "budget_line": ("note", "Written by file"),
    "budget_synonym": ("means", "revenue"),
    "saving": ("title", "Written by file"),
    "price_list": ("title", "Written by file"),
    "requisition": ("title", "Written by file"),
    "rfq": ("title", "Written by file"),
    "supplier_invoice": ("number", "Written by file"),
    "purchase_order": ("terms", "Written by file"),
    "document": ("title", "Written by file"),
    "document_revision": ("change", "Written by file"),
    "handoff": ("title", "Written by file"),
    "practice": ("title", "Written by file"),
    "task": ("title", "Written by file"),
    "recurring_task": ("title", "Written by file"),
    "approval_policy_step": ("need", "2"),
    "user": ("title", "Written by file"),
    "kpi_target": ("amber", "7.5"),
    "kpi_watch": ("open_after", "3"),
    "kpi_rebaseline": ("reason", "Written by file"),
    "report_pack": ("title", "Written by file"),
    "report_recipient": ("channel", "link"),
    "report_promise": ("result", "Written by file"),
    "objective": ("why", "Written by file"),
    "key_result": ("unit", "pcs"),
    "initiative": ("note", "Written by file"),
    "scan_item": ("meaning", "Written by file"),
}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def export(world: World, resource: Resource, kind: str) -> bytes:
    answer = world.clients["clerk"].get(f"{resource.list_url()}export.{kind}")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def upload(world: World, resource: Resource, content: bytes, kind: str) -> ImportBatch:
    file = SimpleUploadedFile(f"rows.{kind}", content)
    answer = world.clients["clerk"].post(f"{resource.list_url()}import/", {"file": file})
    assert answer.status_code == 302, answer.context["page"].form.errors
    with scope.system("reading the report"):
        return ImportBatch.objects.order_by("-pk")[0]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("name", list(NOUNS))
def test_an_export_imports_as_the_same(world: World, name: str, kind: str) -> None:
    resource = NOUNS[name]
    batch = upload(world, resource, export(world, resource, kind), kind)
    assert batch.problems == []
    assert (batch.created, batch.changed) == (0, 0)
    assert batch.unchanged == batch.rows > 0


@pytest.mark.parametrize("name", list(NOUNS))
def test_one_changed_row_is_one_change_and_undo_takes_it_back(world: World, name: str) -> None:
    resource = NOUNS[name]
    column, written = CELLS.get(name, ("name", "Written by file"))
    rows = list(csv.reader(io.StringIO(export(world, resource, "csv").decode("utf-8-sig"))))
    own = world.records[name]["own"]
    keys = [(rows[0].index(one), str(getattr(own, one))) for one in resource.import_key if one in rows[0]]
    row = next((row for row in rows[1:] if all(row[at] == text for at, text in keys)), rows[-1])
    row[rows[0].index(column)] = written
    content = b"".join(write_csv(rows[0], [row]))
    before = export(world, resource, "csv")
    batch = upload(world, resource, content, "csv")
    assert (batch.problems, batch.created, batch.changed) == ([], 0, 1)
    assert export(world, resource, "csv") == before, "the check kept something"
    page = f"{resource.list_url()}import/{batch.pk}/"
    assert world.clients["clerk"].post(page).status_code == 302
    assert export(world, resource, "csv") != before
    assert world.clients["clerk"].post(page, {"do": "undo"}).status_code == 302
    assert export(world, resource, "csv") == before


def places(world: World, rows: list[tuple[str, str]]) -> bytes:
    department = world.records["stock_location"]["own"].department.code
    return b"".join(
        write_csv(["code", "name", "department", "kind"], [[code, name, department, "stock"] for code, name in rows])
    )


def test_a_key_that_comes_twice_in_a_file_is_one_record_and_its_change(world: World) -> None:
    resource = resources["stock_location"]
    content = places(world, [("NEW-1", "First"), ("NEW-2", "Other"), ("NEW-1", "Second"), ("NEW-1", "Second")])
    batch = upload(world, resource, content, "csv")
    assert (batch.problems, batch.created, batch.changed, batch.unchanged) == ([], 2, 1, 1)
    page = f"{resource.list_url()}import/{batch.pk}/"
    assert world.clients["clerk"].post(page).status_code == 302
    with scope.system("reading"):
        assert [one.name for one in resource.model.objects.filter(code__startswith="NEW-").order_by("code")] == [
            "Second",
            "Other",
        ]


def test_what_every_row_names_is_read_once(world: World) -> None:
    resource = resources["stock_location"]
    counts = []
    for many in (5, 25):
        content = places(world, [(f"N{many}-{at}", "One") for at in range(many)])
        with CaptureQueriesContext(connection) as queries:
            assert upload(world, resource, content, "csv").created == many
        read = [one["sql"] for one in queries if one["sql"].startswith("SELECT") and "org_department" in one["sql"]]
        counts.append(len(read))
    assert counts[0] == counts[1]
