"""Thousands of lines of another ledger, one in a hundred at fault: each fault told, nothing half-written, then all of it booked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from apps.budgets import services
from apps.budgets.importing import LedgerImporter
from apps.budgets.models import Balance, Commitment, Entry, Line
from apps.core.access import scope
from apps.core.resources.resource import resources
from apps.core.tabular import Row, Table
from tests.factories import budgets as make
from tests.factories import people

COUNT, EVERY = 5_000, 100
HEAD = ("department", "category", "day", "amount", "scenario", "nature", "project")
# What goes wrong in real files, each with the field that must be named.
FAULTS: list[tuple[str, Callable[[list[str]], list[str]]]] = [
    ("department", lambda row: ["Plnt", *row[1:]]),
    ("department", lambda row: ["", *row[1:]]),
    ("category", lambda row: [row[0], "oill", *row[2:]]),
    ("day", lambda row: [*row[:2], "2026-02-30", *row[3:]]),
    ("day", lambda row: [*row[:2], "2031-01-15", *row[3:]]),
    ("amount", lambda row: [*row[:3], "one", *row[4:]]),
    ("amount", lambda row: [*row[:3], "", *row[4:]]),
    ("amount", lambda row: [*row[:3], "9" * 28, *row[4:]]),
    ("scenario", lambda row: [*row[:4], "plan", *row[5:]]),
    ("nature", lambda row: [*row[:5], "cost", *row[6:]]),
]


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        yield people.cast()


def row_of(number: int) -> list[str]:
    day = date(2026, 1, 1) + timedelta(days=number % 365)
    return [
        ("PLANT", "LINE")[number % 2],
        "oil",
        f"{day}",
        f"{number % 997}.25",
        "actual",
        "expense",
        f"P{number % 40}",
    ]


def test_every_fault_is_told_by_line_and_field_and_the_mended_file_is_booked_whole(cast: Any) -> None:
    services.add_category(code="oil", name="Oil", actor=None)
    make.line(cast)
    good = [row_of(number) for number in range(COUNT)]
    faults = {at: FAULTS[at // EVERY % len(FAULTS)] for at in range(7, COUNT, EVERY)}
    bad = [faults[at][1](row) if at in faults else row for at, row in enumerate(good)]
    before = [model.objects.count() for model in (Entry, Line, Balance, Commitment)]
    report = run(cast, bad)
    told = {one.line: {field for field, _ in one.problems} for one in report.refused}
    assert told == {at + 2: {field} for at, (field, _) in faults.items()}
    assert all(words for one in report.refused for _, words in one.problems)
    assert [model.objects.count() for model in (Entry, Line, Balance, Commitment)] == before
    assert run(cast, good).refused == []
    actual = Entry.objects.filter(account="actual")
    assert actual.count() == COUNT
    assert sum(actual.values_list("amount", flat=True)) == sum(Decimal(row[3]) for row in good)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT txn FROM budgets_entry GROUP BY txn HAVING sum(amount) <> 0) AS x")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT coalesce(sum(amount), 0) FROM budgets_balance")
        assert cursor.fetchone() == (0,)


def run(cast: Any, rows: list[list[str]]) -> Any:
    table = Table(HEAD, tuple(Row(at, tuple(cells)) for at, cells in enumerate(rows, 2)), ())
    return LedgerImporter(resources["budget_entry"], cast.by_role["OPM"]).run(table, dry=False)
