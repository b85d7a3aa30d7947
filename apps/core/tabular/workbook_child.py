"""Reads one workbook in a confined process and prints its first visible sheet as one JSON line per row."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any
from xml.parsers import expat

from apps.core.sandbox import confine

Problems = dict[int, list[str]]


class Stop(Exception):
    """The workbook is refused; says why and by which code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class SheetScan:
    """Streams a sheet's XML: counts rows and columns, and finds cells whose value is an error or was never computed."""

    def __init__(self, max_rows: int, max_columns: int) -> None:
        self.max_rows, self.max_columns = max_rows, max_columns
        self.problems: Problems = {}
        self.row = self.column = 0
        self.is_error = self.has_formula = self.has_value = self.in_value = False
        self.shown = ""

    def run(self, stream: IO[bytes]) -> Problems:
        parser = _parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.ParseFile(stream)
        return self.problems

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self.row = int(attributes.get("r", self.row + 1))
            self.column = 0
        elif name == "c":
            self.column = _column(attributes.get("r", "")) or self.column + 1
            self.is_error = attributes.get("t") == "e"
            self.has_formula = self.has_value = False
            self.shown = ""
            self._check_size()
        elif name == "f":
            self.has_formula = True
        elif name in ("v", "is"):
            self.in_value = True

    def _text(self, text: str) -> None:
        if self.in_value:
            self.has_value = True
            self.shown = (self.shown + text)[:20]

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in ("v", "is"):
            self.in_value = False
        elif name == "c" and (self.is_error or (self.has_formula and not self.has_value)):
            place = f"{_letters(self.column)}{self.row}"
            if self.is_error:
                text = f"Cell {place} shows the error {self.shown}. Correct its formula or type the value."
            else:
                text = (
                    f"Cell {place} holds a formula without a stored value. Open the file in a spreadsheet program, "
                    "save it and upload it again."
                )
            self.problems.setdefault(self.row, []).append(text)

    def _check_size(self) -> None:
        if self.row > self.max_rows + 50:
            raise Stop(f"The sheet has more than {self.max_rows} rows. Split it and import the parts.", "too_many_rows")
        if self.column > self.max_columns + 20:
            raise Stop(
                f"The sheet has more than {self.max_columns} columns. Remove those you do not need.",
                "too_many_columns",
            )


def read_workbook(data: bytes, max_rows: int, max_columns: int) -> Iterator[Any]:
    """First the notes, then [row number, cells, problems] for every row."""
    import python_calamine as calamine

    sheets = _sheet_parts(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.namelist():
            if part.endswith((".xml", ".rels")) and part not in sheets.values():
                with archive.open(part) as stream:
                    _parser().ParseFile(stream)
        found = {}
        for name, part in sheets.items():
            with archive.open(part) as stream:
                found[name] = SheetScan(max_rows, max_columns).run(stream)
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    visible = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if not visible:
        raise Stop("The workbook has no visible sheet. Show the sheet you want to import.", "no_sheet")
    name = visible[0]
    notes = [f"Read sheet “{name}”."] if len(visible) == 1 else [f"Read sheet “{name}”, the first of {len(visible)}."]
    yield {"notes": notes}
    problems = found.get(name, {})
    for number, cells in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False), start=1):
        yield [number, [_encode(cell) for cell in cells], problems.get(number, [])]


def _sheet_parts(data: bytes) -> dict[str, str]:
    """Sheet name to the part that holds it."""
    from defusedxml import ElementTree

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        targets = {
            link.get("Id"): link.get("Target", "")
            for link in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        parts = {}
        for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
            if element.tag.endswith("}sheet"):
                link = next((value for key, value in element.items() if key.endswith("}id")), "")
                target = targets.get(link, "")
                part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                if part in names:
                    parts[element.get("name", "")] = part
    return parts


def _parser() -> expat.XMLParserType:
    """An XML parser that refuses document types, and with them every entity trick."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise Stop("The workbook holds a document type, which no spreadsheet program writes.", "unsafe_file")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _encode(cell: object) -> object:
    match cell:
        case bool() | str():
            return cell
        case int() | float():
            return ["number", f"{cell:.15g}"]
        case datetime():
            return ["moment", cell.isoformat()]
        case date():
            return ["date", cell.isoformat()]
        case time():
            return ["time", cell.isoformat()]
        case timedelta():
            return ["number", f"{cell / timedelta(days=1):.15g}"]
    return ""


def _column(reference: str) -> int:
    letters = re.match(r"[A-Z]{0,3}", reference)
    number = 0
    for letter in letters[0] if letters else "":
        number = number * 26 + ord(letter) - 64
    return number


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def main() -> None:
    max_rows, max_columns = (int(number) for number in confine(sys.argv[1:]))
    try:
        lines = read_workbook(sys.stdin.buffer.read(), max_rows, max_columns)
        for line in lines:
            sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")
    except Stop as stop:
        sys.stdout.write(json.dumps({"refused": str(stop), "code": stop.code}) + "\n")


if __name__ == "__main__":
    main()
