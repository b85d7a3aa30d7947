"""Ledgers of other systems as one file: spellings mapped once, the file checked whole, then booked at once or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.budgets.models import Category, Line, Plan, Synonym
from apps.budgets.services import bulk
from apps.budgets.services.around import folded
from apps.budgets.services.bulk import Fact, Place
from apps.budgets.spreading import MOST_DIGITS, checked
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.resources.importing import Report, RowResult
from apps.core.resources.resource import Resource
from apps.core.tabular import Cell, Row, Table, date_order_of, decimal_mark_of, parse_date, parse_decimal
from apps.core.values import Money
from apps.org.models import Department, Site

NEEDED = ("department", "day", "amount")
NAMES = {
    "department": ("department",),
    "category": ("category", "account"),
    "site": ("site", "organization"),
    "project": ("project",),
    "day": ("day", "date", "on"),
    "amount": ("amount",),
    "scenario": ("scenario",),
    "document": ("document", "reference"),
}
SCENARIOS = {"actual": True, "budget": False}


class LedgerImporter:
    """Columns department, category, site, project, day, amount, scenario (actual or budget) and document."""

    def __init__(self, resource: Resource, actor: Any) -> None:
        self.resource, self.actor = resource, actor
        self.synonyms = {(one.field, one.text): one.means for one in Synonym.objects.filter(archived_at__isnull=True)}

    def run(self, table: Table, *, dry: bool, tell: Callable[[int, int], None] | None = None) -> Report:
        """All rows or none; a dry run books everything and takes it back."""
        columns = self._columns(table)
        self._know()
        self.mark = decimal_mark_of(table.column(columns["amount"])) or "auto"
        self.order = date_order_of(table.column(columns["day"])) or "auto"
        report, facts = Report(), list[Fact]()
        for at, row in enumerate(table.rows):
            result, fact = self._row(row, dict(zip(table.header, row.cells, strict=True)), columns)
            report.rows.append(result)
            if fact is not None:
                facts.append(fact)
            if tell and at % 1000 == 0:
                tell(at, len(table.rows))
        if facts and not report.refused:
            with transaction.atomic():
                tag = bulk.book_facts(facts, actor=self.actor)
                report.effects.append({"import": tag})
                if dry:
                    report.effects.clear()
                    transaction.set_rollback(True)
        return report

    def undo(self, batch: Any) -> int:
        return sum(bulk.take_back_import(one["import"], actor=self.actor) for one in batch.effects)

    def _columns(self, table: Table) -> dict[str, str]:
        """Our name → the file's own title, by our names or by mapped spellings; other columns are left alone."""
        found: dict[str, str] = {}
        for title in table.header:
            word = folded(title)
            name = self.synonyms.get(("column", word)) or next(
                (one for one, known in NAMES.items() if word in known), ""
            )
            if name in NAMES:
                found.setdefault(name, title)
        for name in NEEDED:
            if name not in found:
                raise Refused(
                    f"No column is known as '{name}'. Map the file's own title under mapped spellings, as a column.",
                    code="missing_column",
                    field=name,
                )
        return found

    def _know(self) -> None:
        """What rows may name, by code, and the budgets in which they can be booked."""
        reach = rights_of(self.actor).reach("budget_ledger", "c")
        departments = Department.objects.filter(archived_at__isnull=True)
        self.departments = {
            one.code.lower(): one for one in departments if reach.everything or one.pk in reach.departments
        }
        self.categories = {one.code.lower(): one for one in Category.objects.filter(archived_at__isnull=True)}
        self.sites = {one.code.lower(): one for one in Site.objects.filter(archived_at__isnull=True)}
        self.above = bulk.ancestors(list(self.departments.values()))
        plans = Plan.objects.filter(root__isnull=True, archived_at__isnull=True).order_by("-pk")
        self.plans = list(plans.select_related("department"))
        self.lines: dict[Place, Line] = bulk.known_lines(self.plans)

    def _row(self, row: Row, cells: dict[str, Cell | None], columns: dict[str, str]) -> tuple[RowResult, Fact | None]:
        """One row checked whole, so that all its problems are told at once."""
        read = {name: cells.get(title) for name, title in columns.items()}
        result = RowResult(row.number, "refused", f"{read.get('department') or ''} {read.get('amount') or ''}".strip())
        result.problems = [("", problem) for problem in row.problems]
        values: dict[str, Any] = {}
        for name, parse in self._parsers().items():
            try:
                values[name] = parse(read.get(name))
            except Refused as error:
                result.problems.append((name, error.message))
        if not result.problems:
            try:
                fact = self._placed(values, str(read.get("document") or ""))
            except Refused as error:
                result.problems.append((error.field or "", error.message))
            else:
                result.outcome = "new"
                return result, fact
        return result, None

    def _parsers(self) -> dict[str, Callable[[Cell | None], Any]]:
        return {
            "department": lambda cell: self._meant("department", cell, self.departments),
            "category": lambda cell: self._meant("category", cell, self.categories) if _text(cell) else None,
            "site": lambda cell: self._meant("site", cell, self.sites) if _text(cell) else None,
            "project": lambda cell: _text(cell)[:60],
            "day": self._day,
            "amount": self._amount,
            "scenario": lambda cell: self._meant("scenario", cell, SCENARIOS) if _text(cell) else True,
        }

    def _meant(self, field: str, cell: Cell | None, known: dict[str, Any]) -> Any:
        text = _text(cell)
        if not text:
            raise Refused(f"The {field} is missing.", code="missing")
        word = folded(text)
        code = self.synonyms.get((field, word), word).lower()
        if code not in known:
            raise Refused(
                f"“{text}” is no {field} we know. Map it once under mapped spellings.", code="unmapped", field=field
            )
        return known[code]

    def _day(self, cell: Cell | None) -> date:
        """A day, or a year alone, which is its first day."""
        text = _text(cell)
        if text.isascii() and text.isdigit() and len(text) == 4:
            return date(int(text), 1, 1)
        return parse_date(cell if cell is not None else "", self.order)

    def _amount(self, cell: Cell | None) -> Decimal:
        if not _text(cell):
            raise Refused("The amount is missing.", code="missing")
        amount = parse_decimal(cell if cell is not None else "", self.mark)
        if amount.adjusted() >= MOST_DIGITS:
            raise Refused("This amount has too many digits. Check it.", code="too_large", field="amount")
        return amount

    def _placed(self, values: dict[str, Any], document: str) -> Fact:
        """The budget that covers the day for the nearest department, rounded half up to its currency."""
        chain = self.above[values["department"].pk]
        actual, day = values["scenario"], values["day"]
        fitting = [
            one
            for one in self.plans
            if one.department_id in chain
            and (one.state != Plan.State.DRAFT) == actual
            and (one.starts_on or day) <= day <= one.period_ends[-1]
        ]
        if not fitting:
            state = "in force" if actual else "in draft"
            raise Refused(
                f"No budget of {values['department'].code} is {state} on {day:%Y-%m-%d}.", code="no_budget", field="day"
            )
        plan = min(fitting, key=lambda one: chain.index(one.department_id))
        if actual and plan.closed_through is not None and day <= plan.closed_through:
            raise Refused(
                f"“{plan.name}” is closed through {plan.closed_through:%Y-%m-%d}.", code="period_closed", field="day"
            )
        rounded = Money(round(values["amount"], 9), plan.currency).rounded().amount
        place = Place(
            plan.pk,
            values["department"].pk,
            values["category"].pk if values["category"] else None,
            values["site"].pk if values["site"] else None,
            values["project"],
        )
        return Fact(plan, place, self.lines.get(place), day, checked(rounded, plan.currency), actual, document[:80])


def _text(cell: Cell | None) -> str:
    return str(cell if cell is not None else "").strip()
