"""Lines of purchasing documents as plain data: which columns each kind has, and whether a line fits them. No ORM, no request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from apps.core.errors import Refused

MOST_LINES = 500
PLACES = 6
LARGEST = Decimal(10) ** 12
# One comma and three digits: a thousand to some readers, a decimal to others.
THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")
ColumnKind = Literal["text", "number", "price", "count", "day"]
Line = dict[str, Any]


@dataclass(frozen=True)
class LineColumn:
    """One column of a line; `hidden` ones are kept but not typed."""

    name: str
    label: str
    kind: ColumnKind = "text"
    required: bool = False
    longest: int = 160
    hidden: bool = False
    positive: bool = False


NUMBER = LineColumn("line", "Line", "count", hidden=True)
PART = LineColumn("part", "Part number", longest=40)
TEXT = LineColumn("text", "What", required=True)
QUANTITY = LineColumn("quantity", "Quantity", "number", required=True, positive=True)
UNIT = LineColumn("unit", "Unit", longest=12)
SOURCE = LineColumn("source", "From", longest=60, hidden=True)
DUE = LineColumn("due_on", "Needed on", "day")

REQUISITION = (NUMBER, PART, TEXT, QUANTITY, UNIT, LineColumn("price", "Price about", "price"), DUE)
RFQ = (NUMBER, PART, TEXT, QUANTITY, UNIT, DUE, SOURCE)
PRICES = (
    NUMBER,
    LineColumn("part", "Part number", required=True, longest=40),
    LineColumn("text", "What"),
    UNIT,
    LineColumn("price", "Price", "price", required=True),
    LineColumn("from_quantity", "From quantity", "number"),
)
ORDER = (NUMBER, PART, TEXT, QUANTITY, UNIT, LineColumn("price", "Price", "price", required=True), DUE, SOURCE)
RECEIPT = (
    LineColumn("line", "Order line", "count", required=True),
    LineColumn("quantity", "Received", "number", required=True, positive=True),
    LineColumn("rejected", "Of it rejected", "number"),
    LineColumn("reason", "Reason"),
    LineColumn("lot", "Lot", longest=60),
    LineColumn("serials", "Serial numbers", longest=2000),
    LineColumn("expires_on", "Use by", "day"),
)
INVOICE = (
    LineColumn("order", "Order", longest=20),
    LineColumn("line", "Order line", "count", required=True),
    LineColumn("quantity", "Quantity", "number", required=True, positive=True),
    LineColumn("price", "Price", "price", required=True),
)
OFFER = (
    LineColumn("line", "Line", "count", required=True),
    LineColumn("price", "Price", "price", required=True),
    LineColumn("quantity", "Quantity", "number", positive=True),
)


def check_lines(found: Any, columns: Sequence[LineColumn], *, least: int = 1) -> list[Line]:
    """The lines in one shape, numbered, or a refusal that names the line and the column at fault."""
    if not isinstance(found, list) or any(not isinstance(one, Mapping) for one in found):
        raise _wrong("Lines are a list of objects, one per line.")
    if not least <= len(found) <= MOST_LINES:
        raise _wrong(f"Enter between {least} and {MOST_LINES} lines.")
    checked = [_checked(one, place, columns) for place, one in enumerate(found, 1)]
    return _numbered(checked) if any(one.name == "line" and one.hidden for one in columns) else checked


def _checked(line: Mapping[str, Any], place: int, columns: Sequence[LineColumn]) -> Line:
    known = {one.name for one in columns}
    unknown = sorted(set(line) - known)
    if unknown:
        raise _wrong(f"Line {place}: “{unknown[0]}” is not known. Use {', '.join(sorted(known))}.")
    kept: Line = {}
    for column in columns:
        raw = line.get(column.name)
        text = "" if raw is None else str(raw).strip()
        if not text:
            if column.required:
                raise _wrong(f"Line {place}: fill in “{column.label}”.")
            continue
        kept[column.name] = _value(column, text, place)
    return kept


def _value(column: LineColumn, text: str, place: int) -> Any:
    if column.kind == "text":
        if len(text) > column.longest:
            raise _wrong(f"Line {place}: “{column.label}” is longer than {column.longest} characters.")
        return text
    if column.kind == "day":
        try:
            return date.fromisoformat(text[:10]).isoformat()
        except ValueError:
            raise _wrong(f"Line {place}: “{column.label}” is a date such as 2026-03-31.") from None
    if column.kind == "count":
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 99_999:
            raise _wrong(f"Line {place}: “{column.label}” is a whole number from 1.")
        return int(text)
    return plain_number(_number(column, text, place))


def _number(column: LineColumn, text: str, place: int) -> Decimal:
    if THOUSANDS.fullmatch(text):
        plain = text.replace(",", "")
        raise _wrong(
            f"Line {place}: “{column.label}” may be {plain} or {text.replace(',', '.')}. Write it without comma."
        )
    try:
        number = Decimal(text.replace(",", ".") if "." not in text else text)
    except InvalidOperation:
        raise _wrong(f"Line {place}: “{column.label}” is a number, such as 12.5.") from None
    if not number.is_finite() or abs(number) >= LARGEST:
        raise _wrong(f"Line {place}: “{column.label}” is out of range. Enter less than 10¹².")
    if number < 0 or (column.positive and number == 0):
        raise _wrong(f"Line {place}: “{column.label}” must be {'more than 0' if column.positive else '0 or more'}.")
    if number != round(number, PLACES):
        raise _wrong(f"Line {place}: “{column.label}” has more than {PLACES} decimals. Round it.")
    return number


def plain_number(number: Decimal) -> str:
    """One way to write a number, so that equal lines compare equal."""
    return format(number.normalize() if number else Decimal(0), "f")


def _numbered(lines: list[Line]) -> list[Line]:
    """Lines keep the number they have; new ones get the next."""
    taken = [one["line"] for one in lines if "line" in one]
    if len(taken) != len(set(taken)):
        raise _wrong("Two lines have the same number.")
    following = max(taken, default=0)
    for one in lines:
        if "line" not in one:
            following += 1
            one["line"] = following
    return [{"line": one.pop("line")} | one for one in lines]


def number(line: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(str(line.get(name) or 0))


def worth(lines: Iterable[Mapping[str, Any]]) -> Decimal:
    """What the lines cost together, exact."""
    return sum((number(one, "quantity") * number(one, "price") for one in lines), Decimal(0))


def by_number(lines: Iterable[Mapping[str, Any]]) -> dict[int, Line]:
    return {int(one["line"]): dict(one) for one in lines}


def price_at(prices: Iterable[Mapping[str, Any]], part: str, quantity: Decimal) -> Decimal | None:
    """The price of the largest break the quantity reaches; None when the part is not listed for so little."""
    fitting = [one for one in prices if one.get("part") == part and number(one, "from_quantity") <= quantity]
    if not fitting:
        return None
    return number(max(fitting, key=lambda one: number(one, "from_quantity")), "price")


def _wrong(message: str) -> Refused:
    return Refused(message, code="bad_line", field="lines")
