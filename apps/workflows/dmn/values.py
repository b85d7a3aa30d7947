"""The values of S-FEEL: exact numbers, texts, truth values, dates, times and durations, each with its written form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

NUMBERS = Context(prec=34, rounding=ROUND_HALF_EVEN, Emax=6111, Emin=-6176, traps=[InvalidOperation])
TYPES = ("string", "number", "boolean", "date", "time", "date and time", "duration")
_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>\d{1,6})Y)?(?:(?P<months>\d{1,6})M)?(?:(?P<days>\d{1,7})D)?"
    r"(?:T(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?"
)


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A duration of years and months, which has no fixed number of days."""

    count: int


Value = Any  # None, Decimal, str, bool, date, time, datetime, timedelta, Months, or a list or dict of these


def number(text: str) -> Decimal:
    return NUMBERS.create_decimal(text)


def settled(found: Decimal) -> Decimal | None:
    return found if found.is_finite() else None


def duration(text: str) -> timedelta | Months | None:
    """P1Y2M, P3DT4H and the like; None for what is no duration."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found[name] for name in _DURATION.groupindex if name != "sign"):
        return None
    sign = -1 if found["sign"] else 1
    months = int(found["years"] or 0) * 12 + int(found["months"] or 0)
    rest = timedelta(
        days=int(found["days"] or 0),
        hours=int(found["hours"] or 0),
        minutes=int(found["minutes"] or 0),
        seconds=float(found["seconds"] or 0),
    )
    if (found["years"] or found["months"]) and rest:
        return None
    return Months(sign * months) if found["years"] or found["months"] else sign * rest


def moment(kind: str, text: str) -> Value:
    """A date, time, date and time or duration from its text; None where it is none."""
    try:
        match kind:
            case "date":
                return date.fromisoformat(text)
            case "time":
                return time.fromisoformat(text)
            case "date and time":
                return datetime.fromisoformat(text)
            case "duration":
                return duration(text)
    except (ValueError, OverflowError):
        return None
    return None


def kind_of(value: Value) -> str:
    """The FEEL type of a value; two values compare only when it is the same."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case Decimal():
            return "number"
        case str():
            return "string"
        case datetime():
            return "date and time" if value.tzinfo is None else "date and time with zone"
        case date():
            return "date"
        case time():
            return "time"
        case timedelta():
            return "duration"
        case Months():
            return "months"
        case list():
            return "list"
    return "context"


def written(value: Value) -> str:
    """The value as S-FEEL writes it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value.normalize(NUMBERS):f}"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            return f'"{escaped}"'
        case datetime():
            return f'date and time("{value.isoformat()}")'
        case date():
            return f'date("{value.isoformat()}")'
        case time():
            return f'time("{value.isoformat()}")'
        case timedelta() | Months():
            return f'duration("{span_text(value)}")'
        case list():
            return f"[{', '.join(written(one) for one in value)}]"
    return "{" + ", ".join(f"{written(name)}: {written(one)}" for name, one in value.items()) + "}"


def span_text(span: timedelta | Months) -> str:
    if isinstance(span, Months):
        years, months = divmod(abs(span.count), 12)
        return (
            ("-" if span.count < 0 else "")
            + "P"
            + (f"{years}Y" if years else "")
            + (f"{months}M" if months or not years else "")
        )
    sign, span = ("-", -span) if span < timedelta(0) else ("", span)
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + (f"{seconds}S" if seconds else "")
    days = f"{span.days}D" if span.days or not clock else ""
    return f"{sign}P{days}{'T' + clock if clock else ''}"


def given(value: Any, kind: str = "") -> Value:
    """A value from outside (JSON, a form) as FEEL sees it; texts become the type that the column names."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return number(repr(value))
    if isinstance(value, list | tuple):
        return [given(one, kind) for one in value]
    if isinstance(value, dict):
        return {str(name): given(one) for name, one in value.items()}
    if isinstance(value, str):
        return _typed(value, kind)
    return value


def _typed(text: str, kind: str) -> Value:
    match kind:
        case "number":
            try:
                return settled(number(text.strip()))
            except InvalidOperation:
                return None
        case "boolean":
            return {"true": True, "false": False}.get(text.strip().lower())
        case "date" | "time" | "date and time" | "duration":
            return moment(kind, text.strip())
    return text


def plain_value(value: Value) -> Any:
    """The value as JSON data: numbers as numbers where they are exact, else as text."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else str(value)
        case bool() | str() | None:
            return value
        case list():
            return [plain_value(one) for one in value]
        case dict():
            return {name: plain_value(one) for name, one in value.items()}
        case timedelta() | Months():
            return span_text(value)
    return value.isoformat()
