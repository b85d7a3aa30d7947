"""Ledgers of other systems: spellings are mapped once, a file is booked whole or not at all, and the books balance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from apps.budgets import matching, queries, services
from apps.budgets.importing import LedgerImporter
from apps.budgets.models import Entry, Line
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.resources.resource import resources
from apps.core.tabular import Row, Table
from tests.factories import budgets as make
from tests.factories import people

HEAD = ("Cost centre", "Day", "Amount", "Scenario", "Account")


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        yield people.cast()


def importer(cast: Any) -> LedgerImporter:
    return LedgerImporter(resources["budget_entry"], cast.by_role["OPM"])


def table(rows: list[tuple[str, ...]], head: tuple[str, ...] = HEAD) -> Table:
    return Table(head, tuple(Row(at, cells) for at, cells in enumerate(rows, 2)), ())


def mapped(cast: Any) -> None:
    services.map_synonym(field="column", text="cost  Centre", means="department", actor=None)
    for spelling in ("Plant & Co", "Plant and Co"):
        services.map_synonym(field="department", text=spelling, means="PLANT", actor=None)
    services.map_synonym(field="scenario", text="A", means="actual", actor=None)
    services.map_synonym(field="scenario", text="B", means="budget", actor=None)


def test_spellings_are_mapped_once_and_both_budget_and_actual_come_in(cast: Any) -> None:
    services.add_category(code="oil", name="Oil", actor=None)
    plan = make.plan(cast)
    unknown = table([("Plant & Co", "2026-01-31", "100.50", "B", "oil")])
    told = importer(cast).run(unknown, dry=True).refused[0].problems
    assert told == [("department", "No column is known as “department”. Map it once under mapped spellings.")]
    mapped(cast)
    rows = [("Plant & Co", "2026-01-31", "100.50", "B", "oil"), ("PLANT AND CO", "2026-02-28", "-20", "b", "OIL")]
    assert importer(cast).run(table(rows), dry=False).refused == []
    line = Line.objects.get(plan=plan)
    assert (line.total, line.amounts[:3]) == (Decimal("80.5"), [Decimal("100.5"), -20, None])
    services.approve_plan(plan, actor=cast.by_role["OPM"])
    actuals = [("Plant & Co", "2026-01-15", "90", "A", "oil"), ("Plant & Co", "2026-03-15", "7", "A", "")]
    report = importer(cast).run(table(actuals), dry=False)
    assert report.refused == []
    assert queries.standing(line).actual == 90
    assert Line.objects.get(plan=plan, unplanned=True).category is None
    (like,) = matching.matched([plan], cast.manager, by="category")
    assert (like.key, like.budget, like.actual, like.count) == ("oil", Decimal("100.5"), 90, 1)
    assert importer(cast).undo(type("Batch", (), {"effects": report.effects})()) == 2
    assert queries.standing(line).actual == 0


def test_a_file_with_faults_says_which_and_books_nothing(cast: Any) -> None:
    make.line(cast)
    mapped(cast)
    good = ("Plant & Co", "2026-01-15", "1.00", "A", "")
    faults = [
        ("Plnt", "2026-01-15", "1", "A", ""),
        ("Plant & Co", "2031-01-15", "1", "A", ""),
        ("Plant & Co", "2026-01-15", "one", "A", ""),
        ("Plant & Co", "2026-01-15", "9" * 28, "A", ""),
    ]
    before = Entry.objects.count()
    report = importer(cast).run(table([good] * 400 + faults), dry=False)
    assert [one.line for one in report.refused] == [402, 403, 404, 405]
    assert "Map it once" in report.refused[0].problems[0][1]
    assert Entry.objects.count() == before
    assert importer(cast).run(table([good] * 400), dry=False).refused == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT count(*) FROM (SELECT txn FROM budgets_entry GROUP BY txn HAVING sum(amount) <> 0) AS x")
        assert cursor.fetchone()[0] == 0
    assert Entry.objects.filter(account="actual").count() == 400


@pytest.mark.parametrize(
    ("field", "means", "told"),
    [
        ("column", "amuont", "department, category, site"),
        ("scenario", "plan", "actual, budget, forecast"),
        ("nature", "cost", "expense, revenue"),
        ("department", "NOWHERE", "LINE, OTHER, PLANT, ROOT"),
        ("category", "tools", "none yet"),
    ],
)
def test_a_spelling_is_mapped_only_to_what_there_is(cast: Any, field: str, means: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        services.map_synonym(field=field, text="Abt. 7", means=means, actor=None)
    assert (refused.value.code, refused.value.field) == ("no_meaning", "means")
    assert told in refused.value.message
    one = services.map_synonym(field="department", text="Abt. 7", means=" Plant ", actor=None)  # by its name too
    with pytest.raises(Refused):
        services.change_synonym(one, means="NOWHERE", actor=None)
