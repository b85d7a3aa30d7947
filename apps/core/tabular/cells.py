"""Reads numbers and dates as people write them, and refuses to guess where one text has two meanings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from apps.core.errors import Refused

Cell = str | Decimal | bool | datetime | date | time
DecimalMark = Literal[",", "."]
DateOrder = Literal["dmy", "mdy"]

SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009'\u2019"), " ")
MULTIPLIERS = {"k": 3, "K": 3, "M": 6}
LONGEST = 40
NUMBER = re.compile(r"([+-]?)([0-9][0-9.,\s]*|[.,][0-9]+)(?:[eE]([+-]?[0-9]{1,2}))?([kKM]?)", re.ASCII)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_SERIALS = range(20_000, 80_000)  # 1954 to 2119; outside it a number is hardly meant as a date


def parse_decimal(cell: Cell, decimal: DecimalMark | Literal["auto"] = "auto", *, field: str | None = None) -> Decimal:
    """The exact number in `cell`: 1 234,5 · 1,234.5 · 1.234,5 · 12,5 · (12.50) · 12- · 1.5e3 · 2.5k · 1M.

    decimal: the mark of the column as `decimal_mark_of` found it; with "auto" a text such as 1,234 is refused.
    """
    if isinstance(cell, Decimal):
        return cell
    text = str(cell).translate(SPACES).strip()
    if isinstance(cell, bool) or not isinstance(cell, str) or not text:
        raise Refused("Enter a number, for example 1234.5.", code="not_a_number", field=field)
    sign, digits, exponent, multiplier = _number_parts(text, field)
    mark = _own_mark(digits) if decimal == "auto" else decimal
    if mark is None and ("," in digits or "." in digits):
        raise Refused(
            f"“{text}” can be read in two ways. Write {digits.replace(',', '').replace('.', '')} for the whole number, "
            "or give the fraction another digit.",
            code="ambiguous_number",
            field=field,
        )
    plain = _plain(digits, mark or ".")
    if plain is None:
        raise Refused(
            f"“{text}” is not written as a number with “{mark}” before its decimals. Write it like "
            f"{'1234,5' if mark == ',' else '1234.5'}.",
            code="not_a_number",
            field=field,
        )
    power = int(exponent or 0) + MULTIPLIERS.get(multiplier, 0)
    parts = Decimal(sign + plain).as_tuple()
    # Built from its digits: the context's 28 places would round or refuse what is longer.
    number = Decimal((parts.sign, parts.digits, int(parts.exponent) + power))
    return Decimal(f"{number:f}") if power > 0 and number == number.to_integral_value() else number


def decimal_mark_of(cells: Iterable[Cell], *, field: str | None = None) -> DecimalMark | None:
    """The decimal mark a column uses; None when no value shows it. Refuses a column that uses both."""
    seen: dict[DecimalMark, str] = {}
    for cell in cells:
        if isinstance(cell, str) and (found := _match_number(cell.translate(SPACES).strip())):
            mark = _own_mark(found[1])
            if mark:
                seen.setdefault(mark, cell.strip())
    if len(seen) > 1:
        raise Refused(
            f"This column writes decimals in two ways: “{seen['.']}” and “{seen[',']}”. Use one of them throughout.",
            code="mixed_decimals",
            field=field,
        )
    return next(iter(seen), None)


def parse_date(cell: Cell, order: DateOrder | Literal["auto"] = "auto", *, field: str | None = None) -> date:
    """The date in `cell`: 2026-11-24 · 24.11.2026 · 24/11/2026 · 24 Nov 2026 · Nov 24, 2026 · a workbook's day number.

    order: day or month first in slashed dates, as `date_order_of` found it; with "auto" 03/04/2026 is refused.
    A time of day after the date is left out. Impossible dates are refused.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = str(cell).strip()
    if isinstance(cell, bool | time) or not text or len(text) > LONGEST:
        raise Refused("Enter a date, for example 2026-11-24.", code="not_a_date", field=field)
    if isinstance(cell, Decimal) or re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text, re.ASCII):
        return _from_serial(Decimal(text), field)
    year, month, day = _date_parts(_without_time(text), order, field)
    try:
        return date(year, month, day)
    except ValueError:
        raise Refused(
            f"“{text}” is no day of the calendar. Enter a date, for example 2026-11-24.",
            code="no_such_date",
            field=field,
        ) from None


def date_order_of(cells: Iterable[Cell], *, field: str | None = None) -> DateOrder | None:
    """Whether a column's slashed dates have day or month first; None when no value shows it. Refuses a mix."""
    seen: dict[DateOrder, str] = {}
    for cell in cells:
        found = _SLASHED.fullmatch(_without_time(cell.strip())) if isinstance(cell, str) else None
        if found:
            first, second = int(found[1]), int(found[2])
            if first > 12 >= second:
                seen.setdefault("dmy", cell.strip())  # type: ignore[union-attr]
            elif second > 12 >= first:
                seen.setdefault("mdy", cell.strip())  # type: ignore[union-attr]
    if len(seen) > 1:
        raise Refused(
            f"This column writes dates in two ways: “{seen['dmy']}” and “{seen['mdy']}”. Use 2026-11-24 throughout.",
            code="mixed_dates",
            field=field,
        )
    return next(iter(seen), None)


def _match_number(text: str) -> tuple[str, str, str | None, str] | None:
    text = text.replace("\u2212", "-")
    if len(text) > LONGEST:
        return None
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1].strip()
    elif text.endswith("-") and text[:1] != "-":
        text = "-" + text[:-1].strip()
    found = NUMBER.fullmatch(text)
    return (found[1], found[2].strip(), found[3], found[4]) if found else None


def _number_parts(text: str, field: str | None) -> tuple[str, str, str | None, str]:
    parts = _match_number(text)
    if parts is None:
        raise Refused(
            f"“{text[:LONGEST]}” is not a number. Enter digits only, for example 1234.5.",
            code="not_a_number",
            field=field,
        )
    return parts


def _own_mark(digits: str) -> DecimalMark | None:
    """The decimal mark this one text proves, None when it proves nothing."""
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        return "," if digits.rindex(",") > digits.rindex(".") else "."
    if commas + points == 0:
        return None
    mark: DecimalMark = "," if commas else "."
    if commas + points > 1:
        return "." if mark == "," else ","
    before, after = digits.split(mark)
    before = before.strip()
    could_be_thousands = len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0"
    return None if could_be_thousands else mark


def _plain(digits: str, mark: DecimalMark) -> str | None:
    """Digits with a decimal point only; None when the thousands groups are not groups of three."""
    whole, _, fraction = digits.partition(mark)
    if fraction and not fraction.isdigit():
        return None
    for group in (" ", ".", ","):
        if group != mark and group in whole:
            if not re.fullmatch(rf"[0-9]{{1,3}}({re.escape(group)}[0-9]{{3}})+", whole, re.ASCII):
                return None
            whole = whole.replace(group, "")
    if whole and not whole.isdigit():
        return None
    return f"{whole or '0'}.{fraction}" if fraction else whole or None


_SLASHED = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4}|[0-9]{2})", re.ASCII)
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})|([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_DOTTED = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4}|[0-9]{2})", re.ASCII)
_NAMED = re.compile(r"([0-9]{1,2})[. -]{1,2}([a-z]{3,9})\.?[ -]([0-9]{4})", re.ASCII)
_NAMED_US = re.compile(r"([a-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4})", re.ASCII)
_TIME = re.compile(r"[T ][0-9]{1,2}:[0-9]{2}[0-9:.+Z -]*$", re.ASCII)


def _without_time(text: str) -> str:
    return _TIME.sub("", text[:LONGEST])


def _date_parts(text: str, order: DateOrder | Literal["auto"], field: str | None) -> tuple[int, int, int]:
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = [int(part) for part in found.groups() if part]
        return year, month, day
    if found := _DOTTED.fullmatch(text):
        return _year(found[3]), int(found[2]), int(found[1])
    if found := _SLASHED.fullmatch(text):
        first, second = int(found[1]), int(found[2])
        own = date_order_of([text])
        if order == "auto" and own is None and first != second and first <= 12 and second <= 12:
            raise Refused(
                f"“{text}” can be read in two ways. Write the date like 2026-11-24.", code="ambiguous_date", field=field
            )
        month, day = (first, second) if (own if order == "auto" else order) == "mdy" else (second, first)
        return _year(found[3]), month, day
    lower = text.lower()
    for pattern, day_at, month_at in ((_NAMED, 1, 2), (_NAMED_US, 2, 1)):
        found = pattern.fullmatch(lower)
        if found and found[month_at][:3] in MONTHS:
            return int(found[3]), MONTHS.index(found[month_at][:3]) + 1, int(found[day_at])
    raise Refused(f"“{text[:LONGEST]}” is not a date. Write it like 2026-11-24.", code="not_a_date", field=field)


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _from_serial(serial: Decimal, field: str | None) -> date:
    if not serial.is_finite() or int(serial) not in EXCEL_SERIALS:
        raise Refused(f"“{serial}” is not a date. Write it like 2026-11-24.", code="not_a_date", field=field)
    return EXCEL_EPOCH + timedelta(days=int(serial))
