"""Ledgers of other systems as one file: spellings mapped once, the file checked whole, then booked at once or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.budgets.models import Line, Plan
from apps.budgets.queries import ZERO, period_on
from apps.budgets.services import bulk
from apps.budgets.services.bulk import Fact, Place
from apps.budgets.spellings import MAP_IT, NEEDED, Words, text_of
from apps.budgets.spreading import MOST_DIGITS, checked
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import ImportBatch
from apps.core.resources.importing import Report, RowResult
from apps.core.resources.resource import Resource
from apps.core.tabular import Cell, Row, Table, date_order_of, decimal_mark_of, parse_date, parse_decimal
from apps.core.values import Money

Day = date | int  # a fiscal year alone is meant as a whole
WHICH = {"actual": "in force", "budget": "in draft", "forecast": "a forecast in draft"}


class Waits(Exception):
    """A row of a file with both budget and actual whose turn is not now."""


class LedgerImporter:
    """Columns department, category, site, project, day, amount, scenario, nature and document.

    A file with both budget and actual comes in twice: its budget rows while the budget is a draft, its actual rows once it
    is in force; the other rows count as the same.
    """

    def __init__(self, resource: Resource, actor: Any) -> None:
        self.resource, self.actor = resource, actor
        self.words = Words(actor)

    def run(self, table: Table, *, dry: bool, tell: Callable[[int, int], None] | None = None) -> Report:
        """All rows or none; a dry run books everything and takes it back."""
        columns = self.words.columns(table.header)
        missing = [name for name in NEEDED if name not in columns]
        if missing:
            told = [(name, f"No column is known as “{name}”. {MAP_IT}") for name in missing]
            return Report([RowResult(1, "refused", ", ".join(table.header)[:200], told)])
        self._prepare(table, columns)
        report, facts = Report(), list[Fact]()
        for at, row in enumerate(table.rows):
            result, fact = self._row(row, dict(zip(table.header, row.cells, strict=True)), columns)
            report.rows.append(result)
            if fact is not None:
                facts.append(fact)
            if tell and at % 1000 == 0:
                tell(at, len(table.rows))
        self._compare(report)
        if facts and not report.refused:
            self._book(facts, table, report, dry=dry)
        return report

    def _book(self, facts: list[Fact], table: Table, report: Report, *, dry: bool) -> None:
        digest = hashlib.sha256(repr((table.header, [row.cells for row in table.rows])).encode()).hexdigest()
        actuals = sum(1 for one in facts if one.actual)
        if actuals:
            _refuse_twice(digest)
        with transaction.atomic():
            tag = bulk.book_facts(facts, actor=self.actor)
            report.effects.append({"import": tag, "digest": digest, "actuals": actuals})
            if dry:
                report.effects.clear()
                transaction.set_rollback(True)

    def survey(self, table: Table) -> dict[str, str]:
        """Reads every row only to learn which spellings are not mapped; returns the columns that are known."""
        columns = self.words.columns(table.header)
        for row in table.rows:
            self._read(dict(zip(table.header, row.cells, strict=True)), columns, only=self.words.known)
        return columns

    def undo(self, batch: Any) -> int:
        return sum(bulk.take_back_import(one["import"], actor=self.actor) for one in batch.effects)

    def _prepare(self, table: Table, columns: dict[str, str]) -> None:
        """How the file writes numbers and days, and the budgets and lines its rows may name."""
        self.mark = decimal_mark_of(table.column(columns["amount"])) or "auto"
        self.order = date_order_of(table.column(columns["day"])) or "auto"
        self.whole = columns.get("scenario of amounts", "actual")
        told = set(map(text_of, table.column(columns["scenario"]))) if "scenario" in columns else set()
        both = {self.words.look_up("scenario", one) for one in told}
        self.mixed = "actual" in both and len(both & {"budget", "forecast"}) > 0
        self.guessed = "scenario" not in columns and "scenario of amounts" not in columns
        self.above = bulk.ancestors(self.words.departments)
        plans = Plan.objects.filter(archived_at__isnull=True).order_by("-pk").select_related("department")
        self.plans = list(plans)
        self.ledger, self.drafted = bulk.known_lines(self.plans)
        self.found: dict[tuple[int, Day, str], Plan | None] = {}
        self.claimed: dict[tuple[Place, int], tuple[Line | None, Decimal, list[int]]] = {}

    def _row(self, row: Row, cells: dict[str, Cell | None], columns: dict[str, str]) -> tuple[RowResult, Fact | None]:
        """One row checked whole, so that all its problems are told at once."""
        what = " ".join(text_of(cells.get(columns[name])) for name in ("department", "amount"))
        result = RowResult(row.number, "refused", what.strip())
        values, problems = self._read(cells, columns)
        result.problems = [("", problem) for problem in row.problems] + problems
        if result.problems:
            return result, None
        document = text_of(cells.get(columns.get("document", "")))
        try:
            fact = self._placed(values, document, row.number)
        except Waits:
            result.outcome = "same"
            return result, None
        except Refused as error:
            result.problems.append((error.field or "", error.message))
            return result, None
        result.outcome = "new"
        return result, fact

    def _read(
        self, cells: dict[str, Cell | None], columns: dict[str, str], *, only: Any = None
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        values: dict[str, Any] = {"nature": ""}
        problems = []
        for name, parse in self._parsers(values).items():
            if only is not None and (name not in only or name not in columns):
                continue
            try:
                values[name] = parse(cells.get(columns.get(name, "")))
            except Refused as error:
                problems.append((name, error.message))
        return values, problems

    def _parsers(self, values: dict[str, Any]) -> dict[str, Callable[[Cell | None], Any]]:
        words = self.words
        return {
            "nature": lambda cell: words.meant("nature", cell) if text_of(cell) else "",
            "department": lambda cell: words.meant("department", cell),
            "category": lambda cell: words.category(cell, values["nature"]),
            "site": lambda cell: words.meant("site", cell) if text_of(cell) else None,
            "project": lambda cell: text_of(cell)[:60],
            "day": self._day,
            "amount": self._amount,
            "scenario": lambda cell: words.meant("scenario", cell) if text_of(cell) else self.whole,
        }

    def _day(self, cell: Cell | None) -> Day:
        text = text_of(cell)
        if text.isascii() and text.isdigit() and len(text) == 4:
            return int(text)
        return parse_date(cell if cell is not None else "", self.order)

    def _amount(self, cell: Cell | None) -> Decimal:
        if not text_of(cell):
            raise Refused("The amount is missing.", code="missing")
        amount = parse_decimal(cell if cell is not None else "", self.mark)
        if amount.adjusted() >= MOST_DIGITS:
            raise Refused("This amount has too many digits. Check it.", code="too_large", field="amount")
        return amount

    def _plan(self, department: Any, day: Day, scenario: str) -> Plan | None:
        """The budget that covers the day for the nearest department: in force for actuals, else a draft of its kind."""
        key = (department.pk, day, scenario)
        if key not in self.found:
            chain = self.above[department.pk]
            fitting = [
                one for one in self.plans if one.department_id in chain and _fits(one, scenario) and _covers(one, day)
            ]
            self.found[key] = min(fitting, key=lambda one: chain.index(one.department_id), default=None)
        return self.found[key]

    def _placed(self, values: dict[str, Any], document: str, number: int) -> Fact:
        """Rounded half up to the currency of its budget."""
        department, scenario, day = values["department"], values["scenario"], values["day"]
        plan = self._plan(department, day, scenario)
        if plan is None:
            self._maybe_later(values, number)
            hint = " For a budget, map the column of amounts as budget." if self.guessed else ""
            when = day if isinstance(day, int) else f"{day:%Y-%m-%d}"
            raise Refused(
                f"No budget of {department.code} is {WHICH[scenario]} on {when}.{hint}", code="no_budget", field="day"
            )
        on = _first_day(plan) if isinstance(day, int) else day
        actual = scenario == "actual"
        if actual and plan.closed_through is not None and on <= plan.closed_through:
            raise Refused(
                f"“{plan.name}” is closed through {plan.closed_through:%Y-%m-%d}.", code="period_closed", field="day"
            )
        rounded = Money(round(values["amount"], 9), plan.currency).rounded().amount
        place, root = _place(plan, values), self.ledger.get(_place(plan, values, plan.family_id))
        line = root if actual else self.drafted.get(place)
        amount = checked(rounded, plan.currency)
        return Fact(plan, place, line, on, amount, actual, document[:80], None if plan.root_id is None else root)

    def _maybe_later(self, values: dict[str, Any], number: int) -> None:
        """In a file with both, actuals wait for approval, and what is approved already only has to say the same."""
        if not self.mixed:
            return
        department, day = values["department"], values["day"]
        if values["scenario"] == "actual":
            if self._plan(department, day, "budget") is not None:
                raise Waits
            return
        plan = self._plan(department, day, "actual")
        if plan is None or values["scenario"] != "budget":
            return
        place = _place(plan, values)
        period = period_on(plan, _first_day(plan) if isinstance(day, int) else day)
        line, amount, rows = self.claimed.get((place, period), (self.ledger.get(place), ZERO, []))
        self.claimed[(place, period)] = (line, amount + values["amount"], [*rows, number])
        raise Waits

    def _compare(self, report: Report) -> None:
        """Budget rows beside a budget in force must be what was approved."""
        wrong: dict[int, str] = {}
        for (_, period), (line, amount, rows) in self.claimed.items():
            planned = None if line is None or len(line.amounts) < period else line.amounts[period - 1]
            if planned is None or planned != amount:
                was = "nothing" if planned is None else f"{planned:f}"
                told = f"The approved budget has {was} here, the file {amount:f}. Begin a revised version."
                wrong |= dict.fromkeys(rows, told)
        for result in report.rows:
            if result.line in wrong:
                result.outcome, result.problems = "refused", [("amount", wrong[result.line])]


def _fits(plan: Plan, scenario: str) -> bool:
    if scenario == "actual":
        return plan.root_id is None and plan.state != Plan.State.DRAFT
    forecast = plan.version_kind == Plan.Version.FORECAST
    return plan.state == Plan.State.DRAFT and forecast == (scenario == "forecast")


def _covers(plan: Plan, day: Day) -> bool:
    if isinstance(day, int):
        return plan.fiscal_year == day
    return _first_day(plan) <= day <= plan.period_ends[-1]


def _first_day(plan: Plan) -> date:
    return plan.starts_on or date(plan.fiscal_year, 1, 1)


def _place(plan: Plan, values: dict[str, Any], key: int | None = None) -> Place:
    category, site = values["category"], values["site"]
    return Place(
        key or plan.pk,
        values["department"].pk,
        category.pk if category else None,
        site.pk if site else None,
        values["project"],
    )


def _refuse_twice(digest: str) -> None:
    with scope.system("whoever imported it"):
        before = ImportBatch.objects.filter(
            resource="budget_entry", state=ImportBatch.State.IMPORTED, effects__contains=[{"digest": digest}]
        )
        for batch in before:
            if any(one.get("actuals") for one in batch.effects):
                raise Refused(
                    f"The actuals of this file were booked on {batch.imported_at:%Y-%m-%d} from “{batch.file_name}”. "
                    "Undo that import first.",
                    code="imported_already",
                )
