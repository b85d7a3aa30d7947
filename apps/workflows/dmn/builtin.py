"""The allow-list of S-FEEL functions; one that gets something it cannot use answers null."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any

from apps.workflows.dmn.values import NUMBERS, Value, kind_of, settled, written

MANY = 30


@dataclass(frozen=True, slots=True)
class Function:
    usage: str
    takes: tuple[int, int]
    run: Callable[..., Value]


def _not(value: Value) -> Value:
    return (not value) if isinstance(value, bool) else None


def _listed(values: tuple[Value, ...]) -> list[Value]:
    return values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)


def _alike(values: list[Value], *kinds: str) -> bool:
    found = {kind_of(one) for one in values}
    return bool(values) and len(found) == 1 and (not kinds or found <= set(kinds))


def _least(*values: Value) -> Value:
    items = _listed(values)
    return min(items) if _alike(items) and kind_of(items[0]) not in ("null", "boolean", "context", "list") else None


def _most(*values: Value) -> Value:
    items = _listed(values)
    return max(items) if _alike(items) and kind_of(items[0]) not in ("null", "boolean", "context", "list") else None


def total(items: list[Value]) -> Decimal | None:
    if not _alike(items, "number"):
        return None
    found = Decimal(0)
    for one in items:
        found = NUMBERS.add(found, one)
    return settled(found)


def _mean(*values: Value) -> Value:
    items = _listed(values)
    found = total(items)
    return None if found is None else settled(NUMBERS.divide(found, Decimal(len(items))))


def _rounded(how: str) -> Callable[..., Value]:
    def run(value: Value, places: Value = Decimal(0)) -> Value:
        if not isinstance(value, Decimal) or not isinstance(places, Decimal) or places not in range(-20, 21):
            return None
        return settled(value.quantize(Decimal(1).scaleb(-int(places)), rounding=how, context=NUMBERS))

    return run


def _texts(run: Callable[..., Value]) -> Callable[..., Value]:
    def checked(*values: Value) -> Value:
        return run(*values) if all(isinstance(one, str) for one in values) else None

    return checked


def _substring(text: Value, start: Value, length: Value = None) -> Value:
    if not isinstance(text, str) or not isinstance(start, Decimal) or not start:
        return None
    first = int(start) - 1 if start > 0 else max(len(text) + int(start), 0)
    return text[first:] if not isinstance(length, Decimal) else text[first : first + int(length)]


def _string(value: Value) -> Value:
    return None if value is None else value if isinstance(value, str) else written(value).split('"')[1 if kind_of(value) in ("date", "time", "date and time", "duration", "months") else 0]  # fmt: skip


def _absolute(value: Any) -> Value:
    return abs(value) if kind_of(value) in ("number", "duration") else None


FUNCTIONS: dict[str, Function] = {
    "not": Function("not(condition)", (1, 1), _not),
    "abs": Function("abs(number)", (1, 1), _absolute),
    "floor": Function("floor(number, places)", (1, 2), _rounded(ROUND_FLOOR)),
    "ceiling": Function("ceiling(number, places)", (1, 2), _rounded(ROUND_CEILING)),
    "decimal": Function("decimal(number, places)", (2, 2), _rounded(ROUND_HALF_EVEN)),
    "min": Function("min(value, value)", (1, MANY), _least),
    "max": Function("max(value, value)", (1, MANY), _most),
    "sum": Function("sum(number, number)", (1, MANY), lambda *values: total(_listed(values))),
    "mean": Function("mean(number, number)", (1, MANY), _mean),
    "count": Function("count(list)", (1, MANY), lambda *values: Decimal(len(_listed(values)))),
    "contains": Function('contains(text, "part")', (2, 2), _texts(lambda text, part: part in text)),
    "starts with": Function('starts with(text, "part")', (2, 2), _texts(lambda text, part: text.startswith(part))),
    "ends with": Function('ends with(text, "part")', (2, 2), _texts(lambda text, part: text.endswith(part))),
    "upper case": Function("upper case(text)", (1, 1), _texts(lambda text: text.upper())),
    "lower case": Function("lower case(text)", (1, 1), _texts(lambda text: text.lower())),
    "string length": Function("string length(text)", (1, 1), _texts(lambda text: Decimal(len(text)))),
    "substring": Function("substring(text, start, length)", (2, 3), _substring),
    "string": Function("string(value)", (1, 1), _string),
}
