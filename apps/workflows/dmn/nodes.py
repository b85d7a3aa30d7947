"""The tree of an S-FEEL entry: few kinds of node, so that nothing else can ever be evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.dmn.values import Value


@dataclass(frozen=True, slots=True)
class Const:
    value: Value


@dataclass(frozen=True, slots=True)
class Ref:
    """A name, then parts of it."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Node


@dataclass(frozen=True, slots=True)
class Operation:
    """Arithmetic, a comparison, or one `and`/`or`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Choice:
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list written out."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Low to high, each end in or out; None is open."""

    low: Node | None
    high: Node | None
    low_in: bool = False
    high_in: bool = False


@dataclass(frozen=True, slots=True)
class Equal:
    """A unary test: the input is this, or among it when it is a list."""

    node: Node


@dataclass(frozen=True, slots=True)
class Tests:
    """One cell of a table: any of the tests holds, or none when `negated`. No tests: everything passes."""

    tests: tuple[Range | Equal, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """`value in tests`."""

    value: Node
    tests: Tests


Node = Const | Ref | Negative | Operation | Choice | Call | Items | Range | Within
