"""Turns a tree into a Django expression, so that the database computes the same values for many rows at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db.models import BooleanField, DateField, DecimalField, F, Field, Func, TextField, Value
from django.db.models.expressions import BaseExpression, Combinable

from apps.core.expressions.arithmetic import COMPARED_PLACES
from apps.core.expressions.functions import FUNCTIONS
from apps.core.expressions.nodes import Binary, Call, Literal, Name, Node, Type, Unary
from apps.core.expressions.typing import NUMERIC

CASTS = {Type.NUMBER: "numeric", Type.MONEY: "numeric", Type.BOOL: "boolean", Type.TEXT: "text", Type.DATE: "date"}
Source = str | Combinable | BaseExpression


def _field(kind: Type) -> Field[Any, Any]:
    if kind in NUMERIC:
        return DecimalField(max_digits=1000, decimal_places=COMPARED_PLACES)
    if kind is Type.BOOL:
        return BooleanField()
    return DateField() if kind is Type.DATE else TextField()


class Sql(Func):
    """Arguments set into a fixed pattern of ours; nothing a person wrote is ever part of the pattern."""

    def __init__(self, pattern: str, *arguments: Any, kind: Type) -> None:
        super().__init__(*arguments, output_field=_field(kind))
        self.pattern = pattern

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **extra: Any
    ) -> tuple[str, tuple[Any, ...]]:
        parameters: list[Any] = []
        pieces: list[str] = []
        compiled = [compiler.compile(argument) for argument in self.source_expressions]
        for piece in re.split(r"\{(\d+)\}", self.pattern):
            if piece.isdigit() and len(pieces) % 2:
                text, values = compiled[int(piece)]
                pieces.append(text)
                parameters.extend(values)
            else:
                pieces.append(piece)
        return "".join(pieces), tuple(parameters)


def to_orm(node: Node, fields: Mapping[str, Source]) -> Sql:
    """`node` as an expression; `fields` gives the field path or expression for each name."""
    match node:
        case Literal():
            return Sql(f"({{0}})::{CASTS[node.type]}", Value(node.value), kind=node.type)
        case Name():
            source = fields[node.name]
            return Sql(f"({{0}})::{CASTS[node.type]}", F(source) if isinstance(source, str) else source, kind=node.type)
        case Unary():
            word = "NOT " if node.operator == "not" else "-"
            return Sql(f"({word}{{0}})", to_orm(node.operand, fields), kind=node.type)
        case Binary():
            pair = to_orm(node.left, fields), to_orm(node.right, fields)
            return Sql(_binary_pattern(node), *pair, kind=node.type)
        case Call():
            arguments = [to_orm(argument, fields) for argument in node.arguments]
            return Sql(_call_pattern(node), *arguments, kind=node.type)


def _binary_pattern(node: Binary) -> str:
    if node.operator in ("and", "or"):
        return f"({{0}} {node.operator.upper()} {{1}})"
    if node.operator == "/":
        return "({0} / NULLIF({1}, 0))"
    if node.type is Type.BOOL and node.left.type in NUMERIC:
        return f"(ROUND({{0}}, {COMPARED_PLACES}) {node.operator} ROUND({{1}}, {COMPARED_PLACES}))"
    return f"({{0}} {node.operator} {{1}})"


def _call_pattern(node: Call) -> str:
    function = FUNCTIONS[node.function]
    numeric = bool(node.arguments) and node.arguments[0].type in NUMERIC
    pattern = function.sql_numeric if numeric and function.sql_numeric else function.sql
    count = len(node.arguments)
    places = [f"{{{index}}}" for index in range(count)]
    pattern = re.sub(r"\{all ([^}]+)\}", lambda found: f" {found[1]} ".join(places), pattern)
    pattern = pattern.replace("{rows}", ", ".join(f"({place})" for place in places))
    rounded = ", ".join(f"ROUND({place}, {COMPARED_PLACES})" for place in places[1:])
    pattern = pattern.replace("{rest_rounded}", rounded)
    pattern = pattern.replace("{rest}", ", ".join(places[1:])).replace("{count}", str(count))
    pattern = pattern.replace("{all_places}", "{0}, 0" if count == 1 else "{0}, ({1})::int")
    # SAFE_DIV without a fallback: no value.
    return pattern if count > 2 else pattern.replace("{2}", "NULL")
