"""Evaluates a tree with Python's exact decimals: every node once, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from apps.core.expressions.arithmetic import COMPARED_PLACES, CONTEXT, divide, round_to, settled
from apps.core.expressions.functions import FUNCTIONS
from apps.core.expressions.nodes import Binary, Call, Literal, Name, Node, Type, Unary, Value
from apps.core.expressions.typing import NUMERIC


def evaluate(node: Node, values: Mapping[str, object]) -> Value:
    """The value of `node`, None where it needs something missing."""
    match node:
        case Literal():
            return node.value
        case Name():
            return _given(node, values.get(node.name))
        case Unary():
            operand = evaluate(node.operand, values)
            if operand is None:
                return None
            return not operand if node.operator == "not" else cast(Decimal, operand).copy_negate()
        case Binary(operator="and" | "or"):
            return FUNCTIONS[node.operator.upper()].python(evaluate(node.left, values), evaluate(node.right, values))
        case Binary():
            left, right = evaluate(node.left, values), evaluate(node.right, values)
            return None if left is None or right is None else _binary(node, left, right)
        case Call():
            function = FUNCTIONS[node.function]
            arguments = [evaluate(argument, values) for argument in node.arguments]
            if None in arguments and not function.sees_missing:
                return None
            return function.python(*arguments)


def _binary(node: Binary, left: Decimal | bool | str | date, right: Decimal | bool | str | date) -> Value:
    if node.type is Type.BOOL:
        return _compare(node.operator, left, right)
    one, other = cast(Decimal, left), cast(Decimal, right)
    match node.operator:
        case "+":
            return settled(CONTEXT.add(one, other))
        case "-":
            return settled(CONTEXT.subtract(one, other))
        case "*":
            return settled(CONTEXT.multiply(one, other))
    return divide(one, other)


def _compare(operator: str, left: object, right: object) -> bool:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        # A third times three is one: the last digits of a division decide no comparison.
        left, right = round_to(left, COMPARED_PLACES), round_to(right, COMPARED_PLACES)
    one, other = cast(Decimal, left), cast(Decimal, right)
    match operator:
        case "=":
            return one == other
        case "<>":
            return one != other
        case "<":
            return one < other
        case "<=":
            return one <= other
        case ">":
            return one > other
    return one >= other


def _given(node: Name, value: object) -> Value:
    """A value handed in, checked against the type the formula was parsed with."""
    if value is None:
        return None
    if node.type in NUMERIC and isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        return settled(CONTEXT.plus(number))
    wanted = {Type.BOOL: bool, Type.TEXT: str, Type.DATE: date}.get(node.type)
    if wanted is not None and isinstance(value, wanted) and not isinstance(value, datetime):
        return cast(Value, value)
    raise TypeError(f"{node.name} is {node.type.value}, but was given {type(value).__name__}.")
