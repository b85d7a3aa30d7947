"""Orders of another system as one file, a row per order line: checked whole, then all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.errors import NotAllowed, Refused
from apps.core.resources.importing import Report, RowImporter, RowResult
from apps.core.resources.resource import Resource
from apps.core.tabular import ColumnReader, Row, Table
from apps.org.models import Department
from apps.procurement.lines import ORDER, Line, check_lines, plain_number
from apps.procurement.models import Order, Supplier
from apps.procurement.services import history
from apps.procurement.services.common import check_currency
from apps.procurement.services.history import Delivered, PastOrder

# What a whole order says, in its first row or in each of its rows alike; and what each of its lines says.
WHOLE = (
    "code", "supplier", "department", "state", "ordered_on", "currency", "category", "project", "deliver_to", "terms",
    "tax", "freight",
)  # fmt: skip
PER_LINE = ("line", "part", "text", "quantity", "unit", "price", "due_on")
CAME = ("received", "rejected", "reason", "received_on", "delivery_note")
NEEDED = ("code", "supplier", "department", "quantity", "price")
NUMBERS = ("quantity", "price", "received", "rejected", "tax", "freight")
DAYS = ("ordered_on", "due_on", "received_on")
STATES = {one.value: one for one in Order.State if one is not Order.State.WAITING} | {
    str(one.label).lower(): one for one in Order.State if one is not Order.State.WAITING
}
Values = dict[str, Any]


class OrderImporter:
    """A file with a column `quantity` has a row per line; any other file goes through the form of a new order."""

    def __init__(self, resource: Resource, actor: Any) -> None:
        self.resource, self.actor = resource, actor

    def run(self, table: Table, *, dry: bool, tell: Callable[[int, int], None] | None = None) -> Report:
        if "quantity" not in {one.strip().lower() for one in table.header}:
            return RowImporter(self.resource, self.actor).run(table, dry=dry, tell=tell)
        return _LineReader(table, self.actor).run(dry=dry, tell=tell)

    def undo(self, batch: Any) -> int:
        if any("order" in one for one in batch.effects):
            return history.take_back([one["order"] for one in batch.effects], actor=self.actor)
        return RowImporter(self.resource, self.actor).undo(batch)


@dataclass
class _Reading:
    """One order while its rows are read."""

    whole: Values
    result: RowResult
    lines: list[Line] = field(default_factory=list)
    came: list[Delivered] = field(default_factory=list)
    results: list[RowResult] = field(default_factory=list)


class _LineReader:
    """Reads the rows of one file; every problem is told at its row and column."""

    def __init__(self, table: Table, actor: Any) -> None:
        self.table, self.actor, self.reader = table, actor, ColumnReader(table)
        self.titles = {one.strip().lower().replace(" ", "_"): one for one in table.header}
        unknown = next((one for one in self.titles if one not in (*WHOLE, *PER_LINE, *CAME)), None)
        if unknown:
            known = ", ".join((*WHOLE, *PER_LINE, *CAME))
            raise Refused(
                f"Column '{self.titles[unknown]}' is not known. Known columns: {known}.",
                code="unknown_column",
                field=self.titles[unknown],
            )
        missing = next((one for one in NEEDED if one not in self.titles), None)
        if missing:
            raise Refused(f"The file has no column '{missing}'.", code="missing_column", field=missing)
        reach = rights_of(actor).reach("purchase_order", "c")
        departments = Department.objects.filter(archived_at__isnull=True)
        self.departments = {
            one.code.lower(): one for one in departments if reach.everything or one.pk in reach.departments
        }
        self.suppliers = {one.code.lower(): one for one in Supplier.objects.filter(archived_at__isnull=True)}
        self.orders: dict[str, _Reading] = {}

    def run(self, *, dry: bool, tell: Callable[[int, int], None] | None) -> Report:
        report = Report()
        for at, row in enumerate(self.table.rows):
            report.rows.append(self._row(row))
            if tell and at % 500 == 0:
                tell(at, len(self.table.rows))
        there = dict(Order.objects.filter(code__in=list(self.orders)).values_list("code", "supplier_id"))
        fresh = [self._finished(one, there) for one in self.orders.values()]
        if report.refused:
            return report
        try:
            made = history.bring_in([one for one in fresh if one is not None], actor=self.actor, dry=dry)
        except history.AtOrder as error:
            self._blame(error.code, error.refused.field or "", error.refused.message)
            return report
        report.effects = [] if dry else [{"order": one} for one in made]
        return report

    def _row(self, row: Row) -> RowResult:
        result = RowResult(row.number, "refused", self._text(row, "code"))
        result.problems = [("", problem) for problem in row.problems]
        if result.problems:
            return result
        values = self._read(row, result)
        try:
            reading = self._order(values, result)
            reading.results.append(result)
            self._line(reading, values)
        except Refused as error:
            result.problems.append((error.field or "", error.message))
        if not result.problems:
            result.outcome = "new"
        return result

    def _text(self, row: Row, name: str) -> str:
        return self.reader.text(row, self.titles[name]) if name in self.titles else ""

    def _read(self, row: Row, result: RowResult) -> Values:
        """Every cell in its type; all that cannot be read is told at once."""
        values: Values = {}
        for name in self.titles:
            try:
                if name in NUMBERS:
                    values[name] = self.reader.decimal(row, self.titles[name])
                elif name in DAYS:
                    values[name] = self.reader.date(row, self.titles[name])
                else:
                    values[name] = self._text(row, name)
            except Refused as error:
                result.problems.append((name, error.message))
        for name in ("received", "rejected", "tax", "freight"):
            if (values.get(name) or 0) < 0:
                result.problems.append((name, "Enter 0 or more."))
        return values

    def _order(self, values: Values, result: RowResult) -> _Reading:
        """The order this row belongs to: opened by its first row, said again or left empty by the others."""
        code = str(values.get("code") or "")
        if not code or len(code) > 20:
            raise Refused("Give every row the number of its order, 20 characters at most.", code="code", field="code")
        found = self.orders.get(code)
        if found is None:
            found = self.orders[code] = _Reading({}, result)
            found.whole = self._whole(values)
            return found
        if not found.whole:
            raise Refused(f"The first row of {code} has a problem.", code="first_row", field="code")
        for name in WHOLE[1:]:
            said, first = values.get(name), found.whole["said"].get(name)
            if said not in (None, "") and said != first:
                raise Refused(f"{code} says “{first}” in its first row. Say the same.", code="unlike", field=name)
        return found

    def _whole(self, values: Values) -> Values:
        supplier = self.suppliers.get(str(values["supplier"]).lower())
        if supplier is None:
            raise Refused(f"'{values['supplier']}' is no supplier. Use its code.", code="unknown", field="supplier")
        department = self.departments.get(str(values["department"]).lower())
        if department is None:
            raise Refused(
                f"'{values['department']}' is no department you may order for. Use its code.",
                code="unknown",
                field="department",
            )
        state = STATES.get(str(values.get("state") or "draft").lower())
        if state is None:
            raise Refused(
                f"“{values['state']}” is no state. Use draft, placed, closed, rejected or cancelled.",
                code="unknown_state",
                field="state",
            )
        if state is not Order.State.DRAFT and not rights_of(self.actor).covers("purchase_order", "a", department):
            raise NotAllowed("Only those who approve orders may bring in orders that are more than drafts.")
        currency = str(values.get("currency") or supplier.currency).upper()
        check_currency(currency)
        day = values.get("ordered_on")
        if day is None and state is not Order.State.DRAFT:
            raise Refused("Say when it was ordered.", code="missing", field="ordered_on")
        if day is not None and day > timezone.localdate():
            raise Refused("It cannot be ordered in the future.", code="future", field="ordered_on")
        return {
            "said": values,
            "supplier": supplier,
            "department": department,
            "state": state,
            "currency": currency,
            "ordered_on": day,
            **{one: str(values.get(one) or "") for one in ("category", "project", "deliver_to", "terms")},
            **{one: values.get(one) for one in ("tax", "freight")},
        }

    def _line(self, reading: _Reading, values: Values) -> None:
        """The line as a form would take it, and what came in on it."""
        given = {one: values.get(one) for one in PER_LINE if values.get(one) not in (None, "")}
        given = {name: _written(value) for name, value in given.items()}
        given.setdefault("text", given.get("part", ""))
        try:
            (line,) = check_lines([given], ORDER)
        except Refused as error:
            raise Refused(error.message.removeprefix("Line 1: "), code=error.code, field=error.field) from None
        if "line" not in given:
            line["line"] = max((int(one["line"]) for one in reading.lines), default=0) + 1
        if any(one["line"] == line["line"] for one in reading.lines):
            raise Refused(f"Line {line['line']} of this order is there twice.", code="twice", field="line")
        reading.lines.append(line)
        came = self._came(reading, line, values)
        if came is not None:
            reading.came.append(came)

    def _came(self, reading: _Reading, line: Line, values: Values) -> Delivered | None:
        received, rejected = values.get("received") or Decimal(0), values.get("rejected") or Decimal(0)
        if rejected > received:
            raise Refused("More is rejected than received.", code="rejected", field="rejected")
        if not received:
            return None
        day = values.get("received_on") or values.get("due_on") or reading.whole["ordered_on"]
        if day is None or day > timezone.localdate():
            raise Refused("Say on which day it was received, today or earlier.", code="missing", field="received_on")
        row = {"line": line["line"], "quantity": plain_number(received)}
        if rejected:
            row |= {"rejected": plain_number(rejected), "reason": values.get("reason") or "Not said in the file"}
        return Delivered(day, str(values.get("delivery_note") or "")[:60], row)

    def _finished(self, reading: _Reading, there: dict[str, int]) -> PastOrder | None:
        """The order to book; one that is there already is left alone."""
        if not reading.whole or any(one.problems for one in reading.results):
            return None
        code = reading.result.what
        if code in there:
            for one in reading.results:
                one.outcome = "same"
            if there[code] != reading.whole["supplier"].pk:
                reading.result.outcome = "refused"
                reading.result.problems.append(("code", f"{code} is an order to another supplier already."))
            return None
        whole = {name: value for name, value in reading.whole.items() if name != "said"}
        return PastOrder({"code": code, **whole}, reading.lines, reading.came)

    def _blame(self, code: str, name: str, message: str) -> None:
        result = self.orders[code].result
        result.outcome = "refused"
        result.problems.append((name, message))


def _written(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain_number(value)
    return value.isoformat() if isinstance(value, date) else str(value)
