"""Reads the tables people send, whatever program wrote them, and says at which row something is wrong."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any

from apps.core.errors import Refused
from apps.core.sandbox import ChildFailed, Limits, run_child
from apps.core.tabular.archive import MAX_BYTES, check_archive
from apps.core.tabular.cells import Cell
from apps.core.tabular.writing import unguard

MAX_ROWS = 50_000
MAX_COLUMNS = 100
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SNIFFED_ROWS = 100
LIMITS = Limits(memory_mb=1024, cpu_seconds=30, wall_seconds=60)
WORKBOOK_MAGIC = b"PK\x03\x04"
OLD_WORKBOOK_MAGIC = b"\xd0\xcf\x11\xe0"
csv.field_size_limit(1_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as the spreadsheet program shows it, a cell for every header name, and what is wrong."""

    number: int
    cells: tuple[Cell, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows in source order, empty rows left out; `notes` tell how the file was understood."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def column(self, name: str) -> list[Cell]:
        """Every cell under `name`, for `decimal_mark_of` and `date_order_of`."""
        index = self.header.index(name)
        return [row.cells[index] for row in self.rows]


def read_table(data: bytes, filename: str, *, max_rows: int = MAX_ROWS, max_columns: int = MAX_COLUMNS) -> Table:
    """The table in a .csv, .tsv, .txt or .xlsx file; refuses with a sentence what it cannot read whole."""
    if len(data) > MAX_BYTES:
        raise Refused(
            f"The file is larger than {MAX_BYTES >> 20} MB. Split it and import the parts.", code="file_too_large"
        )
    extension = filename.rpartition(".")[2].lower()
    if data.startswith(OLD_WORKBOOK_MAGIC):
        raise Refused(
            "This is a locked workbook or one of the old .xls kind. Save it as .xlsx without a password.",
            code="old_workbook",
        )
    if (extension == "xlsx") != data.startswith(WORKBOOK_MAGIC) or extension not in ("csv", "tsv", "txt", "xlsx"):
        raise Refused("Upload a .csv or .xlsx file whose name fits its content.", code="wrong_file_kind")
    if extension == "xlsx":
        records, notes = _workbook_records(data, max_rows, max_columns)
    else:
        records, notes = _csv_records(_decode(data))
    return _table(records, notes, max_rows, max_columns)


def _table(records: Iterable[Row], notes: list[str], max_rows: int, max_columns: int) -> Table:
    filled = (row for row in records if row.problems or any(map(_filled, row.cells)))
    head = next(filled, None)
    if head is None:
        raise Refused("The file holds no rows. Put the column names into the first row.", code="empty_file")
    header = _header(head, max_columns)
    rows = tuple(islice((_fit(row, len(header)) for row in filled), max_rows + 1))
    if len(rows) > max_rows:
        raise Refused(f"The file has more than {max_rows} rows. Split it and import the parts.", code="too_many_rows")
    return Table(header, rows, tuple(notes))


def _header(head: Row, max_columns: int) -> tuple[str, ...]:
    names = [str(cell).strip() for cell in head.cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > max_columns:
        raise Refused(
            f"The file has more than {max_columns} columns. Remove those you do not need.", code="too_many_columns"
        )
    names = [name or f"Column {index}" for index, name in enumerate(names, start=1)]
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise Refused(f"Two columns are called “{name[:60]}”. Rename one of them.", code="column_twice")
        seen.add(name.casefold())
    return tuple(names)


def _fit(row: Row, width: int) -> Row:
    extra = [cell for cell in row.cells[width:] if _filled(cell)]
    problems = row.problems
    if extra:
        problems += (f"The row has more cells than the header has names ({len(row.cells)} against {width}).",)
    cells = row.cells[:width] + ("",) * (width - len(row.cells))
    return Row(row.number, cells, problems)


def _filled(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else True


def _decode(data: bytes) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _try_decode(data, encoding)
    sample = data[:2000]
    if sample[1::2].count(0) > len(sample) // 4:
        return _try_decode(data, "utf-16-le")
    if sample[::2].count(0) > len(sample) // 4:
        return _try_decode(data, "utf-16-be")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _try_decode(data, "cp1252")
    if "\0" in text:
        raise Refused("The file is not a text table. Save it as CSV (UTF-8).", code="not_text")
    return text


def _try_decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Refused("The letters of this file cannot be read. Save it as CSV (UTF-8).", code="not_text") from None


def _csv_records(text: str) -> tuple[Iterator[Row], list[str]]:
    offset = 0
    first, _, rest = text.partition("\n")
    named = first.strip().lower()
    if named.startswith("sep=") and named[4:] in DELIMITERS:
        delimiter, text, offset = named[4:], rest, 1
    elif first.rstrip("\r").lower() == "sep=\t":
        delimiter, text, offset = "\t", rest, 1
    else:
        delimiter = _sniff(text)
    return _parse_csv(text, delimiter, offset), [f"Columns separated by {DELIMITERS[delimiter]}."]


def _parse_csv(text: str, delimiter: str, offset: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = offset
    try:
        for number, record in enumerate(reader, start=offset + 1):
            yield Row(number, tuple(unguard(cell) for cell in record))
    except csv.Error as error:
        reason = (
            "A cell is too long" if "field larger" in str(error) else "A quotation mark is not closed or stands alone"
        )
        raise Refused(
            f"{reason} in row {number + 1} (line {reader.line_num}). Save the file as CSV again.", code="broken_csv"
        ) from None


def _sniff(text: str) -> str:
    """The delimiter that gives most rows the width of the header; the wider header wins between equals."""
    best, best_score = ",", (0.0, 1)
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = [len(record) for record in islice(reader, SNIFFED_ROWS) if any(record)]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best


def _workbook_records(data: bytes, max_rows: int, max_columns: int) -> tuple[Iterator[Row], list[str]]:
    check_archive(data)
    try:
        answer = run_child(
            "apps.core.tabular.workbook_child", str(max_rows), str(max_columns), stdin=data, limits=LIMITS
        )
    except ChildFailed as failure:
        raise Refused(
            "The workbook takes too long to read or is damaged. Save only the rows you need as CSV.",
            code="unreadable_workbook",
            details={"detail": failure.detail[:300], "timed_out": failure.timed_out},
        ) from None
    lines = iter(answer.splitlines())
    first = json.loads(next(lines))
    if "refused" in first:
        raise Refused(first["refused"], code=first["code"])
    return (_row(json.loads(line)) for line in lines), list(first["notes"])


def _row(record: list[Any]) -> Row:
    number, cells, problems = record
    return Row(number, tuple(_cell(cell) for cell in cells), tuple(problems))


def _cell(cell: Any) -> Cell:
    if isinstance(cell, str):
        return unguard(cell)
    if isinstance(cell, bool):
        return cell
    kind, text = cell
    match kind:
        case "number":
            return Decimal(text)
        case "moment":
            return datetime.fromisoformat(text)
        case "date":
            return date.fromisoformat(text)
    return time.fromisoformat(text)
