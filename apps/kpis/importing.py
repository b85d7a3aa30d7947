"""Importing readings from CSV and XLSX: the whole file is checked by columns, then stored at once or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.resources.importing import Report, RowResult
from apps.core.resources.resource import Resource
from apps.core.tabular import Cell, Row, Table, date_order_of, decimal_mark_of, parse_date, parse_decimal
from apps.kpis import queries, services
from apps.kpis.forms import MomentField
from apps.kpis.ingest import Measured
from apps.kpis.models import Definition, ReadingBatch
from apps.kpis.series import zone
from apps.org.models import Department

NAMES = {
    "kpi": ("kpi", "kpi code", "code"),
    "department": ("department", "department code", "dept"),
    "at": ("at", "time", "date", "period"),
    "value": ("value", "numerator"),
    "weight": ("weight", "denominator"),
}
Parsers = dict[str, Callable[[Cell | None], Any]]
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)


class ReadingImporter:
    """Columns kpi, department, at, value, weight; codes name KPI and department."""

    def __init__(self, resource: Resource, actor: Any) -> None:
        self.resource, self.actor = resource, actor

    def run(self, table: Table, *, dry: bool, tell: Callable[[int, int], None] | None = None) -> Report:
        """Check every row; with none refused, store them in one batch. A dry run stores and rolls back."""
        columns = _columns(table)
        marks = {name: _mark(table, columns.get(name)) for name in ("value", "weight")}
        order = date_order_of(table.column(columns["at"])) or "auto"
        parsers = _parsers(self._kpis(), self._departments(), marks, order)
        report, rows = Report(), list[Measured]()
        seen: dict[Any, tuple[int, Any]] = {}
        for row in table.rows:
            cells = dict(zip(table.header, row.cells, strict=True))
            read = {name: cells.get(title) for name, title in columns.items()}
            result, measured = _row(row, read, parsers)
            if measured is not None:
                self._twin(measured, result, seen)
                if result.outcome not in {"refused", "same"}:
                    rows.append(measured)
            report.rows.append(result)
        if not report.refused and rows:
            self._store(rows, report, dry)
        return report

    def _store(self, rows: list[Measured], report: Report, dry: bool) -> None:
        with transaction.atomic():
            department = self._owner(rows)
            batch = services.record_readings(
                rows, source=ReadingBatch.Source.FILE, department=department, actor=self.actor, note="Imported file"
            )
            report.effects.append({"batch": batch.pk})
            self._settle(report, batch)
            if dry:
                report.effects.clear()
                transaction.set_rollback(True)

    def _settle(self, report: Report, batch: ReadingBatch) -> None:
        """Which rows are new is known only in total; the totals are what the report shows."""
        left = {"same": batch.unchanged, "changed": batch.corrected}
        for result in report.rows:
            if result.outcome != "new":
                continue
            for outcome in ("same", "changed"):
                if left[outcome]:
                    left[outcome] -= 1
                    result.outcome = outcome
                    break

    def _owner(self, rows: list[Measured]) -> Department:
        """The batch belongs to the one department of its rows, or to the highest of the person's own."""
        keys = {row[1] for row in rows}
        mine = rights_of(self.actor).homes
        key = keys.pop() if len(keys) == 1 else min(mine) if mine else min(keys)
        return Department.objects.get(pk=key)

    def _kpis(self) -> dict[str, Definition]:
        found = Definition.objects.visible_to(self.actor).filter(archived_at__isnull=True)
        return {kpi.code.lower(): kpi for kpi in found}

    def _departments(self) -> dict[str, int]:
        keys = queries.readable_departments(self.actor, "c")
        found = Department.objects.filter(pk__in=keys, archived_at__isnull=True)
        return {one.code.lower(): one.pk for one in found}

    def _twin(self, measured: Measured, result: RowResult, seen: dict[Any, tuple[int, Any]]) -> None:
        """The same row twice counts once; two different values for one time are refused."""
        key, value = measured[:3], measured[3:]
        first = seen.setdefault(key, (result.line, value))
        if first[0] == result.line:
            return
        if first[1] == value:
            result.outcome = "same"
            return
        result.outcome = "refused"
        result.problems.append(
            ("value", f"Line {first[0]} has another value for the same KPI, department and time. Keep one.")
        )

    def undo(self, batch: Any) -> int:
        undone = 0
        for effect in batch.effects:
            readings = ReadingBatch.objects.get(pk=effect["batch"])
            services.undo_batch(readings, actor=self.actor)
            undone += readings.added
        return undone


def _parsers(kpis: dict[str, Definition], departments: dict[str, int], marks: dict[str, Any], order: Any) -> Parsers:
    """How each column is read in this file."""
    return {
        "kpi": lambda cell: _known(kpis, cell, "KPI"),
        "department": lambda cell: _known(departments, cell, "department"),
        "at": lambda cell: _moment(cell, order),
        "value": lambda cell: _number(cell, marks["value"]),
        "weight": lambda cell: _number(cell, marks["weight"]) if cell not in (None, "") else None,
    }


def _row(row: Row, read: dict[str, Cell | None], parsers: Parsers) -> tuple[RowResult, Measured | None]:
    """One row checked whole, so that all its problems are told at once."""
    result = RowResult(row.number, "refused", f"{read.get('kpi') or ''} {read.get('at') or ''}".strip())
    result.problems = [("", problem) for problem in row.problems]
    values: dict[str, Any] = {}
    for name, parse in parsers.items():
        try:
            values[name] = parse(read.get(name))
        except Refused as error:
            result.problems.append((name, error.message))
    if result.problems:
        return result, None
    try:
        services.check_weight(values["kpi"], values["weight"])
    except Refused as error:
        result.problems.append((error.field or "", error.message))
        return result, None
    result.outcome = "new"
    return result, (values["kpi"].pk, values["department"], values["at"], values["value"], values["weight"])


def _columns(table: Table) -> dict[str, str]:
    """Our name → the file's own title."""
    titles = {title.strip().lower(): title for title in table.header}
    found = {}
    for name, accepted in NAMES.items():
        title = next((titles[one] for one in accepted if one in titles), None)
        if title is not None:
            found[name] = title
        elif name != "weight":
            raise Refused(
                f"The file has no column '{name}'. It needs kpi, department, at, value and, for ratios, weight.",
                code="missing_column",
                field=name,
            )
    unknown = [title for title in table.header if title not in found.values()]
    if unknown:
        raise Refused(
            f"Column '{unknown[0]}' is not known. Remove it or name it like our template.", code="unknown_column"
        )
    return found


def _mark(table: Table, title: str | None) -> Any:
    return (decimal_mark_of(table.column(title)) or "auto") if title else "auto"


def _known(known: dict[str, Any], cell: Cell | None, noun: str) -> Any:
    text = str(cell if cell is not None else "").strip()
    if not text:
        raise Refused(f"The {noun} is missing. Write its code.", code="missing")
    if text.lower() not in known:
        raise Refused(
            f"'{text}' is not a {noun} you may write to. Check the code, or define it first.", code="unknown_code"
        )
    return known[text.lower()]


def _moment(cell: Cell | None, order: Any) -> datetime:
    """A date is local midnight; a date with time keeps its time."""
    text = str(cell if cell is not None else "").strip()
    if not text:
        raise Refused("The time is missing.", code="missing")
    if isinstance(cell, datetime) or (":" in text and "-" in text):
        try:
            moment = MomentField().clean(text)
        except Exception as error:
            raise Refused(f"'{text}' is no time. Write 2026-11-24 14:00.", code="bad_time") from error
    else:
        day = parse_date(cell if cell is not None else text, order)
        moment = datetime.combine(day, time(), zone())
    if not EARLIEST <= moment <= LATEST:
        raise Refused(f"{text} is outside of 1970 to 2199.", code="bad_time")
    return moment  # type: ignore[no-any-return]


def _number(cell: Cell | None, mark: Any) -> Decimal:
    if cell is None or cell == "":
        raise Refused("The value is missing. Leave the row out when nothing was measured.", code="missing")
    value = parse_decimal(cell, mark)
    if abs(value) >= Decimal(10) ** 17:
        raise Refused("The number is too large.", code="too_large")
    return value
