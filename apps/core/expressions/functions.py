"""The allow-list of functions, each with its type rule and both of its meanings: in Python and in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import cast

from apps.core.expressions.arithmetic import COMPARED_PLACES, CONTEXT, divide, round_to, settled
from apps.core.expressions.function import MANY, Function, all_of, table
from apps.core.expressions.nodes import Literal, Node, Type, Value
from apps.core.expressions.texts import TEXT_AND_DATE
from apps.core.expressions.typing import NUMERIC, TypeMismatch, common_type, need


def _numeric(nodes: Sequence[Node]) -> Type:
    for node in nodes:
        need(node, *NUMERIC)
    return common_type(nodes)


def _ordered(nodes: Sequence[Node]) -> Type:
    for node in nodes:
        need(node, *NUMERIC, Type.DATE)
    return common_type(nodes)


def _if(nodes: Sequence[Node]) -> Type:
    need(nodes[0], Type.BOOL)
    return common_type(nodes[1:])


def _round(nodes: Sequence[Node]) -> Type:
    need(nodes[0], *NUMERIC)
    if len(nodes) > 1:
        places = nodes[1].value if isinstance(nodes[1], Literal) else None
        if not isinstance(places, Decimal) or places not in range(11):
            raise TypeMismatch("The number of decimals is written out, from 0 to 10.")
    return nodes[0].type


def _safe_div(nodes: Sequence[Node]) -> Type:
    for node in nodes:
        need(node, *NUMERIC)
    money = (nodes[0].type is Type.MONEY, nodes[1].type is Type.MONEY)
    if money == (False, True):
        raise TypeMismatch("A number divided by money has no meaning.")
    return Type.MONEY if money == (True, False) else Type.NUMBER


def _one_of(nodes: Sequence[Node]) -> Type:
    need(nodes[0], Type.TEXT, *NUMERIC, Type.DATE)
    if not all(isinstance(node, Literal) for node in nodes[1:]):
        raise TypeMismatch("The choices are written out.")
    common_type(nodes)
    return Type.BOOL


def _is_one_of(value: Value, *choices: Value) -> bool:
    if isinstance(value, Decimal):
        return any(round_to(value, COMPARED_PLACES) == round_to(cast(Decimal, one), COMPARED_PLACES) for one in choices)
    return value in choices


def _sum(*numbers: Decimal) -> Value:
    return settled(reduce(CONTEXT.add, numbers))


def _average(*numbers: Decimal) -> Value:
    total = settled(reduce(CONTEXT.add, numbers))
    return None if total is None else divide(total, Decimal(len(numbers)))


def _and(*values: bool | None) -> Value:
    return False if False in values else None if None in values else True


def _or(*values: bool | None) -> Value:
    return True if True in values else None if None in values else False


def _choose(condition: bool | None, then: Value, otherwise: Value) -> Value:
    return None if condition is None else then if condition else otherwise


def _safe_divide(number: Decimal, by: Decimal, *fallback: Value) -> Value:
    return divide(number, by) if by else (fallback[0] if fallback else None)


def _safe_divide_or_missing(*values: Value) -> Value:
    if values[0] is None or values[1] is None:
        return None
    return _safe_divide(cast(Decimal, values[0]), cast(Decimal, values[1]), *values[2:])


def _pick(aggregate: str) -> str:
    """Smallest or largest of the arguments, missing when one is: the database's own LEAST skips them."""
    return f"(SELECT CASE WHEN bool_and(xv IS NOT NULL) THEN {aggregate}(xv) END FROM (VALUES {{rows}}) AS xt(xv))"


FUNCTIONS = table(
    *TEXT_AND_DATE,
    Function(
        name="IF", usage="IF(condition, value, other value)", least=3, most=3, type_of=_if, python=_choose,
        sql="(CASE {0} WHEN TRUE THEN {1} WHEN FALSE THEN {2} END)", sees_missing=True,
    ),
    Function(
        name="AND", usage="AND(condition, condition)", least=1, most=MANY, type_of=all_of(Type.BOOL), python=_and,
        sql="({all AND})", sees_missing=True,
    ),
    Function(
        name="OR", usage="OR(condition, condition)", least=1, most=MANY, type_of=all_of(Type.BOOL), python=_or,
        sql="({all OR})", sees_missing=True,
    ),
    Function(
        name="MIN", usage="MIN(value, value)", least=1, most=MANY, type_of=_ordered,
        python=lambda *values: min(values), sql=_pick("MIN"),
    ),
    Function(
        name="MAX", usage="MAX(value, value)", least=1, most=MANY, type_of=_ordered,
        python=lambda *values: max(values), sql=_pick("MAX"),
    ),
    Function(
        name="SUM", usage="SUM(number, number)", least=1, most=MANY, type_of=_numeric, python=_sum,
        sql="({all +})",
    ),
    Function(
        name="AVG", usage="AVG(number, number)", least=1, most=MANY, type_of=_numeric, python=_average,
        sql="(({all +}) / {count}::numeric)",
    ),
    Function(
        name="COUNT", usage="COUNT(value, value)", least=1, most=MANY, type_of=lambda nodes: Type.NUMBER,
        python=lambda *values: Decimal(sum(value is not None for value in values)),
        sql="num_nonnulls({all ,})::numeric", sees_missing=True,
    ),
    Function(
        name="ROUND", usage="ROUND(number, decimals)", least=1, most=2, type_of=_round,
        python=lambda number, places=Decimal(0): round_to(number, int(places)), sql="ROUND({all_places})",
    ),
    Function(
        name="ABS", usage="ABS(number)", least=1, most=1, type_of=_numeric,
        python=lambda number: number.copy_abs(), sql="ABS({0})",
    ),
    Function(
        name="COALESCE", usage="COALESCE(value, value if missing)", least=2, most=MANY, type_of=common_type,
        python=lambda *values: next((value for value in values if value is not None), None),
        sql="COALESCE({all ,})", sees_missing=True,
    ),
    Function(
        name="SAFE_DIV", usage="SAFE_DIV(number, divisor, value if divisor is zero)", least=2, most=3,
        type_of=_safe_div, python=_safe_divide_or_missing, sees_missing=True,
        sql="(SELECT CASE WHEN xn IS NOT NULL AND xd = 0 THEN {2} ELSE xn / NULLIF(xd, 0) END"
        " FROM (VALUES ({0}, {1})) AS xt(xn, xd))",
    ),
    Function(
        name="DATEDIFF", usage="DATEDIFF(from date, to date)", least=2, most=2,
        type_of=all_of(Type.DATE, Type.NUMBER),
        python=lambda start, end: Decimal((cast(date, end) - cast(date, start)).days),
        sql="({1} - {0})::numeric",
    ),
    Function(
        name="IS_MISSING", usage="IS_MISSING(value)", least=1, most=1, type_of=lambda nodes: Type.BOOL,
        python=lambda value: value is None, sql="({0} IS NULL)", sees_missing=True,
    ),
    Function(
        name="ONE_OF", usage='ONE_OF(value, "choice", "choice")', least=2, most=MANY, type_of=_one_of,
        python=_is_one_of, sql="({0} IN ({rest}))", sql_numeric="(ROUND({0}, 10) IN ({rest_rounded}))",
    ),
    Function(
        name="DATE", usage='DATE("2026-11-24")', least=1, most=1, type_of=all_of(Type.TEXT, Type.DATE),
        python=lambda value: value, sql="{0}",
    ),
)  # fmt: skip
