"""Writes a tree back as a formula in one canonical form, with no bracket it does not need."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from apps.core.expressions.nodes import Binary, Call, Literal, Name, Node, Unary

_BINDING = {"or": 1, "and": 2, "not": 3, "=": 4, "<>": 4, "<": 4, "<=": 4, ">": 4, ">=": 4}
_BINDING |= {"+": 5, "-": 5, "*": 6, "/": 6}
_SIGN, _ATOM = 7, 8


def print_node(node: Node) -> str:
    """The formula of `node`; parsing it gives `node` again."""
    return _print(node)[0]


def _print(node: Node) -> tuple[str, int]:
    """The text and how tightly it binds."""
    match node:
        case Literal():
            return _literal(node), _ATOM
        case Name():
            return node.name, _ATOM
        case Call():
            return f"{node.function}({', '.join(print_node(argument) for argument in node.arguments)})", _ATOM
        case Unary(operator="not"):
            return f"not {_within(node.operand, _BINDING['not'])}", _BINDING["not"]
        case Unary():
            return f"-{_within(node.operand, _SIGN)}", _SIGN
        case Binary():
            binding = _BINDING[node.operator]
            left_binding = binding + 1 if binding == _BINDING["="] else binding
            left, right = _within(node.left, left_binding), _within(node.right, binding + 1)
            return f"{left} {node.operator} {right}", binding


def _within(node: Node, least: int) -> str:
    text, binding = _print(node)
    return text if binding >= least else f"({text})"


def _literal(node: Literal) -> str:
    match node.value:
        case bool():
            return "TRUE" if node.value else "FALSE"
        case Decimal():
            return f"{node.value:f}"
        case date():
            return f'DATE("{node.value.isoformat()}")'
        case str():
            quote = "'" if '"' in node.value else '"'
            return f"{quote}{node.value}{quote}"
