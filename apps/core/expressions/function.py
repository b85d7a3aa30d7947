"""What a function of the language is: its type rule and both of its meanings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apps.core.expressions.nodes import Node, Type, Value
from apps.core.expressions.typing import need

MANY = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function. `python` is only called when no argument is missing, unless `sees_missing`.

    `sql` holds {0}, {1} … for single arguments and {all} for all of them; each argument appears once,
    so that nesting cannot blow the statement up.
    """

    name: str
    usage: str
    least: int
    most: int
    type_of: Callable[[Sequence[Node]], Type]
    python: Callable[..., Value]
    sql: str
    sees_missing: bool = False
    sql_numeric: str = ""  # instead of `sql` where the first argument is a number


def all_of(kind: Type, result: Type | None = None) -> Callable[[Sequence[Node]], Type]:
    """Every argument of one kind."""

    def rule(nodes: Sequence[Node]) -> Type:
        for node in nodes:
            need(node, kind)
        return result or kind

    return rule


def table(*functions: Function) -> dict[str, Function]:
    return {function.name: function for function in functions}
