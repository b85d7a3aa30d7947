"""Writes tables that open the same everywhere and never run as formulas in somebody's spreadsheet program."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

Value = str | int | float | Decimal | bool | datetime | date | time | None

# Also the full-width forms, which some programs read as the plain signs, and after any leading blanks.
RISKY = r"(?:[\s\u00a0\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])"
_TO_GUARD = re.compile(rf"'*{RISKY}")
_GUARDED = re.compile(rf"'+{RISKY}")
LONGEST_CELL = 32_767
EXACT_DIGITS = 15
FLUSH_ROWS = 200


def guard(text: str) -> str:
    """`text` with an apostrophe before anything a spreadsheet program could take for a formula."""
    return "'" + text if _TO_GUARD.match(text) else text


def unguard(text: str) -> str:
    """What `guard` was given."""
    return text[1:] if _GUARDED.match(text) else text


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """UTF-8 with mark, comma, everything quoted, lines by CR LF; made in pieces so that no export is held in memory."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    buffer.write("\ufeff")
    writer.writerow([guard(name) for name in header])
    for count, row in enumerate(rows, start=1):
        writer.writerow([_as_text(value) for value in row])
        if count % FLUSH_ROWS == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_xlsx(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Value]], note: str = "", *, sheet: str = "Data"
) -> int:
    """Writes a workbook with a fixed head and filters, `note` on a sheet of its own; gives the number of rows.

    Numbers and dates are real ones; a number of more than 15 digits is written as text, because a workbook
    would round it. A text beyond what a cell holds is cut and ends in an ellipsis; CSV keeps it whole.
    """
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "time": book.add_format({"num_format": "hh:mm:ss"}),
        }
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        for column, name in enumerate(header):
            page.set_column(column, column, min(40, max(12, len(name) + 2)))
            page.write_string(0, column, guard(name), formats["head"])
        count = 0
        for count, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _write_cell(page, count, column, value, formats)
        if header:
            page.autofilter(0, 0, count, len(header) - 1)
        if note:
            about = book.add_worksheet("About")
            about.set_column(0, 0, 100)
            for line, text in enumerate(note.splitlines()):
                about.write_string(line, 0, guard(text[:LONGEST_CELL]))
    return count


def write_book(
    path: Path, sheets: Sequence[tuple[str, Sequence[str], Iterable[Sequence[Value]]]], note: str = ""
) -> None:
    """A workbook of several (name, header, rows) sheets, written by the same rules as a single one."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "time": book.add_format({"num_format": "hh:mm:ss"}),
        }
        for name, header, rows in sheets:
            page = book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31])
            page.freeze_panes(1, 0)
            for column, head in enumerate(header):
                page.set_column(column, column, min(60, max(12, len(head) + 2)))
                page.write_string(0, column, guard(head), formats["head"])
            for count, row in enumerate(rows, start=1):
                for column, value in enumerate(row):
                    _write_cell(page, count, column, value, formats)
        if note:
            about = book.add_worksheet("About")
            about.set_column(0, 0, 100)
            for line, text in enumerate(note.splitlines()):
                about.write_string(line, 0, guard(text[:LONGEST_CELL]))


def _write_cell(page: Any, row: int, column: int, value: Value, formats: dict[str, Any]) -> None:
    match value:
        case None | "":
            return
        case bool():
            page.write_boolean(row, column, value)
        case datetime() if value.tzinfo is None:
            page.write_datetime(row, column, value, formats["moment"])
        case date() if not isinstance(value, datetime):
            page.write_datetime(row, column, value, formats["date"])
        case time():
            page.write_datetime(row, column, value, formats["time"])
        case int() | float() | Decimal() if _fits_a_number(value):
            page.write_number(row, column, value)
        case _:
            text = _as_text(value)
            page.write_string(row, column, text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…")


def _fits_a_number(value: float | Decimal) -> bool:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        return False
    return isinstance(value, float) or len(number.normalize().as_tuple().digits) <= EXACT_DIGITS


def _as_text(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return guard(value)
        case Decimal():
            return f"{value:f}" if value.is_finite() else ""
        case float():
            number = Decimal(repr(value))
            return f"{number:f}" if number.is_finite() else ""
        case datetime() | date() | time():
            return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
        case _:
            return str(value)
