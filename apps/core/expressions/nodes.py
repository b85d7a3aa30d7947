"""The tree of a formula: five kinds of node, each knowing its type, so that nothing else can ever be evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

Value = Decimal | bool | str | date | None


class Type(StrEnum):
    """What a value is. Money is a number in the one currency of the formula; it does not mix with plain numbers."""

    NUMBER = "number"
    MONEY = "money"
    BOOL = "yes or no"
    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant as written."""

    value: Decimal | bool | str | date
    type: Type


@dataclass(frozen=True, slots=True)
class Name:
    """A value looked up when the formula is evaluated."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x` or `not x`."""

    operator: str
    operand: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, a comparison, or one `and`/`or`."""

    operator: str
    left: Node
    right: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the allow-list."""

    function: str
    arguments: tuple[Node, ...] = field(default=())
    type: Type = Type.NUMBER


Node = Literal | Name | Unary | Binary | Call


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Call():
            return node.arguments
    return ()


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from walk(child)


def names_in(node: Node) -> frozenset[str]:
    return frozenset(found.name for found in walk(node) if isinstance(found, Name))
