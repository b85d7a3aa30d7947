"""Reads GS1 element strings: what a barcode or QR code on a box says about item, lot, dates, serial number and quantity.

Source: GS1 General Specifications (application identifiers, symbol identifiers, FNC1 as separator, check digits).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.core.errors import Refused

SEPARATOR = "\x1d"
SYMBOLS = ("]C1", "]e0", "]d2", "]Q3", "]J1")
# Identifier: length of the data. Those of the first table need no separator, whatever they mean here.
FIXED = {
    **{"00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2},
    **{f"1{at}": 6 for at in range(1, 10)},
    **{f"41{at}": 13 for at in range(10)},
}
VARIABLE = {
    "10": 20, "21": 20, "22": 20, "235": 28, "240": 30, "241": 30, "242": 6, "243": 20, "250": 30, "251": 30,
    "253": 30, "254": 20, "255": 25, "30": 8, "37": 8, "400": 30, "401": 30, "402": 17, "403": 30, "420": 20,
    "421": 12, "422": 3, "423": 15, "424": 3, "425": 15, "426": 3, "427": 3, "710": 20, "711": 20, "712": 20,
    "713": 20, "714": 20, "715": 20, "7001": 13, "7002": 30, "7003": 10, "7004": 4, "7005": 12, "7006": 6, "7007": 12,
    "7008": 3, "7009": 10, "7010": 2, "7011": 10, "7020": 20, "7021": 20, "7022": 20, "7023": 30, "7040": 4,
    "7240": 20, "8001": 14, "8002": 20, "8003": 30, "8004": 30, "8005": 6, "8006": 18, "8007": 34, "8008": 12,
    "8009": 50, "8010": 30, "8011": 12, "8012": 20, "8013": 25, "8017": 18, "8018": 18, "8019": 10, "8020": 25,
    "8026": 18, "8110": 70, "8111": 4, "8112": 70, "8200": 70, "90": 30,
    **{f"9{at}": 90 for at in range(1, 10)},
    **{f"{kind}{places}": 15 for kind in ("390", "392") for places in range(10)},
    **{f"{kind}{places}": 18 for kind in ("391", "393") for places in range(10)},
    **{f"394{places}": 4 for places in range(4)},
    **{f"395{places}": 6 for places in range(6)},
    **{f"703{at}": 30 for at in range(10)},
    **{f"723{at}": 30 for at in range(10)},
}  # fmt: skip
# Weights, lengths, areas and volumes: the fourth digit says how many decimals; here as quantity only those of the goods.
TRADE = re.compile(r"3(1[0-6]|2[0-9]|3[0-7]|4[0-9]|5[0-7]|6[0-9])[0-5]")
MEASURES = {"310": "kg", "311": "m", "314": "m2", "315": "l", "316": "m3", "320": "lb", "321": "in", "322": "ft"}
DATES = {"11": "made_on", "13": "packed_on", "15": "best_before", "17": "expires_on"}
BRACKETS = re.compile(r"\((\d{2,4})\)([^()]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a code says; empty where it says nothing."""

    sscc: str = ""
    gtin: str = ""
    lot: str = ""
    serial: str = ""
    made_on: date | None = None
    packed_on: date | None = None
    best_before: date | None = None
    expires_on: date | None = None
    quantity: Decimal | None = None
    unit: str = ""
    others: tuple[tuple[str, str], ...] = ()


def check_digit(digits: str) -> str:
    """The GS1 check digit: weights 3 and 1 from the right, to the next multiple of ten."""
    total = sum(int(one) * (3 if at % 2 == 0 else 1) for at, one in enumerate(reversed(digits)))
    return str(-total % 10)


def is_gtin(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) in (8, 12, 13, 14) and check_digit(text[:-1]) == text[-1]


def parse(text: str, *, today: date) -> Scanned:
    """An element string with FNC1 (as scanners send it: GS, byte 29) or written with brackets.

    Years are placed within 50 years of `today`; a day of 00 is the last of the month. Raises Refused with the place.
    """
    text = text.strip()
    for sign in SYMBOLS:
        text = text.removeprefix(sign)
    if not text:
        raise Refused("The code is empty. Scan again.", code="no_code", field="code")
    pairs = _bracketed(text) if text.startswith("(") else _split(text.lstrip(SEPARATOR))
    return _scanned(pairs, today)


def encode(pairs: Sequence[tuple[str, str]]) -> str:
    """The same as scanners send it: identifiers without brackets, a GS after what has no fixed length unless it is last."""
    found = ""
    for at, (key, value) in enumerate(pairs, start=1):
        length, fixed = _length(key)
        if not value or len(value) > length or (fixed and len(value) != length) or SEPARATOR in value:
            raise _wrong(f"({key}) has {len(value)} characters")
        found += key + value + ("" if fixed or at == len(pairs) else SEPARATOR)
    return found


def written(pairs: Sequence[tuple[str, str]]) -> str:
    """The same for people, with brackets."""
    return "".join(f"({key}){value}" for key, value in pairs)


def _bracketed(text: str) -> list[tuple[str, str]]:
    found = BRACKETS.findall(text)
    if "".join(f"({key}){value}" for key, value in found) != text:
        raise _wrong("its brackets do not match")
    for key, value in found:
        length, fixed = _length(key)
        if (fixed and len(value) != length) or len(value) > length or not value:
            raise _wrong(f"({key}) has {len(value)} characters")
    return found


def _split(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        key = next((text[at : at + size] for size in (2, 3, 4) if _known(text[at : at + size])), "")
        if not key:
            raise _wrong(f"'{text[at : at + 4]}' is no identifier that is read here")
        at += len(key)
        length, fixed = _length(key)
        end = at + length if fixed else text.find(SEPARATOR, at)
        if end < 0:
            end = len(text)
        value = text[at:end]
        if not value or len(value) > length or (fixed and len(value) < length):
            raise _wrong(f"({key}) has {len(value)} characters")
        if SEPARATOR in value:
            raise _wrong(f"({key}) is cut short")
        found.append((key, value))
        at = end + 1 if end < len(text) and text[end] == SEPARATOR else end
    return found


def _known(key: str) -> bool:
    return key in FIXED or key in VARIABLE or TRADE.fullmatch(key) is not None


def _length(key: str) -> tuple[int, bool]:
    if key in FIXED:
        return FIXED[key], True
    if key in VARIABLE:
        return VARIABLE[key], False
    if _known(key):
        return 6, True
    raise _wrong(f"({key}) is not read here")


def _scanned(pairs: list[tuple[str, str]], today: date) -> Scanned:
    values: dict[str, object] = {}
    others: list[tuple[str, str]] = []
    for key, value in pairs:
        name, found = _meant(key, value, today)
        if not name:
            others.append((key, value))
            continue
        if name in values and values[name] != found:
            raise _wrong(f"({key}) is given twice with different values")
        values[name] = found
        if key[:3] in MEASURES:
            values["unit"] = MEASURES[key[:3]]
    return Scanned(**values, others=tuple(others))  # type: ignore[arg-type]


def _meant(key: str, value: str, today: date) -> tuple[str, object]:
    if key in ("00", "01", "02"):
        if not _digits(value) or check_digit(value[:-1]) != value[-1]:
            raise _wrong(f"the check digit of ({key}) does not fit")
        return ("sscc" if key == "00" else "gtin"), value
    if key in DATES:
        return DATES[key], _date(key, value, today)
    if key == "7003":  # with hour and minute, which a lot does not keep
        return "expires_on", _date(key, value[:6], today)
    if key in ("10", "21"):
        return ("lot" if key == "10" else "serial"), value
    if key in ("30", "37") or key[:3] in MEASURES:
        if not _digits(value):
            raise _wrong(f"({key}) is no number")
        places = int(key[3]) if key[:3] in MEASURES else 0
        return "quantity", Decimal(value).scaleb(-places)
    return "", value


def _date(key: str, value: str, today: date) -> date:
    if not _digits(value):
        raise _wrong(f"({key}) is no date")
    short, month, day = int(value[:2]), int(value[2:4]), int(value[4:])
    year = today.year - today.year % 100 + short
    distance = short - today.year % 100
    if distance >= 51:
        year -= 100
    elif distance <= -50:
        year += 100
    if not 1 <= month <= 12:
        raise _wrong(f"({key}) is no date")
    last = calendar.monthrange(year, month)[1]
    if day > last:
        raise _wrong(f"({key}) is no date")
    return date(year, month, day or last)


def _digits(value: str) -> bool:
    """Signs such as ² count as digits elsewhere."""
    return value.isascii() and value.isdigit()


def _wrong(why: str) -> Refused:
    return Refused(
        f"This is no GS1 code: {why}. Scan again, or type what the label says.", code="no_code", field="code"
    )
