"""Which types go together in a formula, so that nonsense is refused when it is saved and not when it is needed."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.expressions.nodes import Literal, Node, Type

NUMERIC = (Type.NUMBER, Type.MONEY)


class TypeMismatch(Exception):
    """Two parts do not go together; the text says what to do."""


def common_type(nodes: Sequence[Node]) -> Type:
    """The one type of all; a plain number written out counts as money beside money."""
    types = {node.type for node in nodes}
    if types == set(NUMERIC) and all(node.type is Type.MONEY or _is_written(node) for node in nodes):
        return Type.MONEY
    if len(types) > 1:
        first, second = sorted(types)[:2]
        raise TypeMismatch(f"{first.capitalize()} and {second} do not go together. Use values of one kind.")
    return types.pop()


def _is_written(node: Node) -> bool:
    operand = getattr(node, "operand", node)
    return isinstance(operand, Literal)


def arithmetic_type(operator: str, left: Node, right: Node) -> Type:
    for node in (left, right):
        if node.type not in NUMERIC:
            raise TypeMismatch(f"“{operator}” works on numbers, and one side is {_named(node.type)}.")
    if operator in ("+", "-"):
        return common_type((left, right))
    money = (left.type is Type.MONEY, right.type is Type.MONEY)
    match operator, money:
        case _, (False, False):
            return Type.NUMBER
        case "*", (True, True):
            raise TypeMismatch("Money times money has no meaning. Multiply by a number.")
        case "/", (False, True):
            raise TypeMismatch("A number divided by money has no meaning. Turn the two sides round.")
        case "/", (True, True):
            return Type.NUMBER
    return Type.MONEY


def comparison_types(operator: str, left: Node, right: Node) -> None:
    shared = common_type((left, right))
    if operator not in ("=", "<>") and shared in (Type.TEXT, Type.BOOL):
        raise TypeMismatch(f"{_named(shared).capitalize()} has no order. Use = or <>.")


def need(node: Node, *types: Type) -> None:
    if node.type not in types:
        raise TypeMismatch(f"{_named(types[0]).capitalize()} is expected, not {_named(node.type)}.")


def _named(kind: Type) -> str:
    return {Type.NUMBER: "a number", Type.BOOL: "a condition", Type.DATE: "a date"}.get(kind, kind.value)
