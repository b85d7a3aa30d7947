"""Evaluates S-FEEL trees: exact, bounded, and null wherever an operation has no meaning."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.workflows.dmn.builtin import FUNCTIONS
from apps.workflows.dmn.nodes import (
    Call,
    Choice,
    Const,
    Equal,
    Items,
    Negative,
    Node,
    Operation,
    Range,
    Ref,
    Tests,
    Within,
)
from apps.workflows.dmn.values import NUMBERS, Months, Value, kind_of, settled

ORDERED = {"number", "string", "date", "time", "date and time", "date and time with zone", "duration", "months"}


def evaluate(node: Node, names: Mapping[str, Value]) -> Value:
    match node:
        case Const():
            return node.value
        case Ref():
            return _look_up(node.path, names)
        case Negative():
            return _negative(evaluate(node.operand, names))
        case Operation(operator="and" | "or"):
            return _logic(node.operator, evaluate(node.left, names), evaluate(node.right, names))
        case Operation():
            return operate(node.operator, evaluate(node.left, names), evaluate(node.right, names))
        case Choice():
            return evaluate(node.then if evaluate(node.condition, names) is True else node.otherwise, names)
        case Call():
            return FUNCTIONS[node.function].run(*(evaluate(one, names) for one in node.arguments))
        case Items():
            return [evaluate(one, names) for one in node.items]
        case Within():
            return passes(node.tests, evaluate(node.value, names), names)
    return None


def _look_up(path: tuple[str, ...], names: Mapping[str, Value]) -> Value:
    found: Any = names
    for part in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def _negative(value: Value) -> Value:
    if isinstance(value, Months):
        return Months(-value.count)
    return -value if isinstance(value, Decimal | timedelta) else None


def _logic(operator: str, left: Value, right: Value) -> bool | None:
    """Three-valued: what is no truth value counts as unknown."""
    decides = operator == "or"
    both = (left, right)
    if any(one is decides for one in both):
        return decides
    return (not decides) if all(one is (not decides) for one in both) else None


def operate(operator: str, left: Value, right: Value) -> Value:
    if operator in ("=", "!="):
        same = equal(left, right)
        return None if same is None else same == (operator == "=")
    if operator in ("<", "<=", ">", ">="):
        return compared(operator, left, right)
    try:
        return _arithmetic(operator, left, right)
    except (InvalidOperation, OverflowError, ValueError):
        return None


def equal(left: Value, right: Value) -> bool | None:
    if left is None or right is None:
        return bool(left is right)
    return bool(left == right) if kind_of(left) == kind_of(right) else None


def compared(operator: str, left: Any, right: Any) -> bool | None:
    kind = kind_of(left)
    if kind != kind_of(right) or kind not in ORDERED:
        return None
    if kind == "time" and (left.tzinfo is None) != (right.tzinfo is None):
        return None
    match operator:
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
    return bool(left >= right)


def _arithmetic(operator: str, left: Any, right: Any) -> Value:
    match kind_of(left), kind_of(right), operator:
        case "number", "number", _:
            return _numbers(operator, left, right)
        case "string", "string", "+":
            return left + right
        case (("date" | "date and time" | "date and time with zone"), "duration", ("+" | "-")):
            return left + right if operator == "+" else left - right
        case (("date" | "date and time" | "date and time with zone"), "months", ("+" | "-")):
            return _moved(left, right.count if operator == "+" else -right.count)
        case (("duration" | "months"), ("date" | "date and time"), "+"):
            return _arithmetic("+", right, left)
        case ("date" | "date and time" | "date and time with zone") as one, other, "-" if one == other:
            return left - right
        case "duration", "duration", ("+" | "-"):
            return left + right if operator == "+" else left - right
        case "duration", "number", ("*" | "/"):
            factor = float(right)
            return left * factor if operator == "*" else left / factor if factor else None
        case "months", "months", ("+" | "-"):
            return Months(left.count + right.count if operator == "+" else left.count - right.count)
    return None


def _numbers(operator: str, left: Decimal, right: Decimal) -> Decimal | None:
    match operator:
        case "+":
            return settled(NUMBERS.add(left, right))
        case "-":
            return settled(NUMBERS.subtract(left, right))
        case "*":
            return settled(NUMBERS.multiply(left, right))
        case "/":
            return settled(NUMBERS.divide(left, right)) if right else None
    return settled(NUMBERS.power(left, right))


def _moved(day: Any, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))  # type: ignore[no-any-return]


def passes(tests: Tests, value: Value, names: Mapping[str, Value]) -> bool | None:
    """Whether a value passes a cell; an unknown test does not pass."""
    if not tests.tests:
        return True
    found = any(_passes(one, value, names) for one in tests.tests)
    return not found if tests.negated else found


def _passes(test: Range | Equal, value: Value, names: Mapping[str, Value]) -> bool:
    if isinstance(test, Range):
        return in_range(test, value, names)
    wanted = evaluate(test.node, {**names, "?": value})
    if isinstance(wanted, list) and not isinstance(value, list):
        return any(equal(value, one) for one in wanted)
    if wanted is True and not isinstance(test.node, Const | Ref):
        return True  # a condition of its own, such as starts with(name, "A")
    return equal(value, wanted) is True


def in_range(test: Range, value: Value, names: Mapping[str, Value]) -> bool:
    if test.low is not None and not compared(">=" if test.low_in else ">", value, evaluate(test.low, names)):
        return False
    return test.high is None or bool(compared("<=" if test.high_in else "<", value, evaluate(test.high, names)))
