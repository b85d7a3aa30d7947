"""A parsed formula: its names, its type, its value for given data, and the same as a database expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.core.expressions.evaluating import evaluate
from apps.core.expressions.nodes import Node, Type, Value, names_in
from apps.core.expressions.parsing import Parser, check_names
from apps.core.expressions.printing import print_node
from apps.core.expressions.querying import Source, Sql, to_orm


@dataclass(frozen=True, slots=True)
class Expression:
    """Made by `parse`. Two expressions are equal when their trees are."""

    root: Node

    @property
    def type(self) -> Type:
        return self.root.type

    @property
    def names(self) -> frozenset[str]:
        """What the formula depends on."""
        return names_in(self.root)

    def evaluate(self, values: Mapping[str, object]) -> Value:
        """The value; None where it needs a value that is missing or divides by zero, never 0 in its place."""
        return evaluate(self.root, values)

    def to_orm(self, fields: Mapping[str, Source]) -> Sql:
        """The same for annotate() and filter(); `fields` names the field path or expression for each name."""
        return to_orm(self.root, fields)

    def __str__(self) -> str:
        return print_node(self.root)


def parse(text: str, *, names: Mapping[str, Type]) -> Expression:
    """The formula in `text` over `names`; refuses with the column at fault and what to do about it."""
    check_names(names)
    return Expression(Parser(text, names).parse())
