"""The values of a case in formulas: plain data in, plain data out, with the types the process declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from apps.core.errors import Refused
from apps.core.expressions import Expression, Type, parse

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


class NoValue(Exception):
    """A formula cannot be used with the values at hand; the text says why."""


@lru_cache(maxsize=4096)
def _parsed(text: str, names: tuple[tuple[str, Type], ...]) -> Expression:
    return parse(text, names=dict(names))


def evaluate(text: str, values: Mapping[str, Any], declared: Mapping[str, Type]) -> Any:
    """What the formula gives, as plain data; None where a value it needs is missing."""
    names: dict[str, Type] = {}
    given: dict[str, object] = {}
    for word in set(WORD.findall(QUOTED.sub("", text))):
        value = values.get(word)
        if isinstance(value, list | dict):
            continue
        kind = declared.get(word)
        if value is None and kind is None:
            continue
        names[word] = kind or type_of(value)
        given[word] = _typed(word, value, names[word])
    try:
        found = _parsed(text, tuple(sorted(names.items()))).evaluate(given)
    except Refused as refusal:
        raise NoValue(f"“{text}”: {refusal.message}") from None
    except TypeError as error:
        raise NoValue(f"“{text}”: {error}") from None
    return plain(found)


def holds(text: str, values: Mapping[str, Any], declared: Mapping[str, Type]) -> bool:
    return evaluate(text, values, declared) is True


def type_of(value: Any) -> Type:
    if isinstance(value, bool):
        return Type.BOOL
    if isinstance(value, int | float | Decimal):
        return Type.NUMBER
    if isinstance(value, str) and DAY.fullmatch(value):
        return Type.DATE
    return Type.TEXT


def _typed(name: str, value: Any, kind: Type) -> object:
    """The plain value as its type; a form's answers come as text."""
    if value is None:
        return None
    try:
        if kind in (Type.NUMBER, Type.MONEY) and isinstance(value, str):
            return Decimal(value)
        if kind is Type.DATE and isinstance(value, str):
            return date.fromisoformat(value[:10])
    except (InvalidOperation, ValueError):
        raise NoValue(f"“{name}” is {value!r}, which is no {kind.value}.") from None
    if kind is Type.BOOL and isinstance(value, str) and value.lower() in ("yes", "true", "no", "false", ""):
        return value.lower() in ("yes", "true") if value else None
    if kind is Type.TEXT and not isinstance(value, str):
        return str(value)
    return value


def plain(value: Any) -> Any:
    """JSON data without losing digits: a number that a float cannot hold exactly stays as text."""
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < 10**15:
            return int(value)
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    return value
