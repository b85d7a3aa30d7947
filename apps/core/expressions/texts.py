"""Functions over texts and dates. Letters change case by one table in Python and SQL, whatever the database's locale is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from apps.core.expressions.arithmetic import COMPARED_PLACES, round_to
from apps.core.expressions.function import Function, all_of
from apps.core.expressions.nodes import Node, Type, Value
from apps.core.expressions.typing import NUMERIC, common_type, need

MOST_DAYS = 100_000
# Latin, Greek and Cyrillic letters that have exactly one other case.
SMALL = "".join(
    one
    for one in map(chr, range(97, 0x530))
    if one.upper() != one and len(one.upper()) == 1 and one.upper().lower() == one
)
LARGE = SMALL.upper()
TO_SMALL, TO_LARGE = str.maketrans(LARGE, SMALL), str.maketrans(SMALL, LARGE)


def _between(nodes: Sequence[Node]) -> Type:
    need(nodes[0], *NUMERIC, Type.DATE)
    common_type(nodes)
    return Type.BOOL


def _is_between(value: Value, low: Value, high: Value) -> bool:
    if isinstance(value, Decimal):
        one, least, most = (round_to(each, COMPARED_PLACES) for each in (value, low, high))  # type: ignore[arg-type]
        return least <= one <= most
    return low <= value <= high  # type: ignore[operator]


def _added(nodes: Sequence[Node]) -> Type:
    need(nodes[0], Type.DATE)
    need(nodes[1], Type.NUMBER)
    return Type.DATE


def _add_days(day: date, count: Decimal) -> date | None:
    if abs(count) > MOST_DAYS:
        return None
    try:
        return day + timedelta(days=int(count))
    except OverflowError:
        return None


def _part(name: str, usage: str, sql: str, read: str) -> Function:
    def python(day: date) -> Decimal:
        found = getattr(day, read)
        return Decimal(found() if callable(found) else found)

    return Function(
        name=name,
        usage=usage,
        least=1,
        most=1,
        type_of=all_of(Type.DATE, Type.NUMBER),
        python=python,
        sql=f"EXTRACT({sql} FROM {{0}})::numeric",
    )


def _text(name: str, usage: str, python: object, sql: str, *, result: Type = Type.BOOL, count: int = 2) -> Function:
    rule = all_of(Type.TEXT, result)
    return Function(name=name, usage=usage, least=count, most=count, type_of=rule, python=python, sql=sql)  # type: ignore[arg-type]


TEXT_AND_DATE = (
    _text("CONTAINS", 'CONTAINS(text, "part")', lambda text, part: part in text, "(POSITION({1} IN {0}) > 0)"),
    _text(
        "STARTS_WITH", 'STARTS_WITH(text, "part")', lambda text, part: text.startswith(part), "starts_with({0}, {1})"
    ),
    _text(
        "ENDS_WITH",
        'ENDS_WITH(text, "part")',
        lambda text, part: text.endswith(part),
        "starts_with(reverse({0}), reverse({1}))",
    ),
    _text(
        "LOWER",
        "LOWER(text)",
        lambda text: text.translate(TO_SMALL),
        f"translate({{0}}, '{LARGE}', '{SMALL}')",
        result=Type.TEXT,
        count=1,
    ),
    _text(
        "UPPER",
        "UPPER(text)",
        lambda text: text.translate(TO_LARGE),
        f"translate({{0}}, '{SMALL}', '{LARGE}')",
        result=Type.TEXT,
        count=1,
    ),
    _text(
        "LENGTH",
        "LENGTH(text)",
        lambda text: Decimal(len(text)),
        "char_length({0})::numeric",
        result=Type.NUMBER,
        count=1,
    ),
    Function(
        name="IS_EMPTY",
        usage="IS_EMPTY(text)",
        least=1,
        most=1,
        type_of=all_of(Type.TEXT, Type.BOOL),
        python=lambda text: not text,
        sql="(COALESCE({0}, '') = '')",
        sees_missing=True,
    ),
    Function(
        name="BETWEEN",
        usage="BETWEEN(value, low, high)",
        least=3,
        most=3,
        type_of=_between,
        python=_is_between,
        sql="({0} BETWEEN {1} AND {2})",
        sql_numeric=f"(ROUND({{0}}, {COMPARED_PLACES}) BETWEEN ROUND({{1}}, {COMPARED_PLACES}) AND ROUND({{2}}, {COMPARED_PLACES}))",
    ),
    Function(
        name="ADD_DAYS",
        usage="ADD_DAYS(date, days)",
        least=2,
        most=2,
        type_of=_added,
        python=_add_days,
        sql=f"(SELECT CASE WHEN abs(xn) <= {MOST_DAYS} THEN CASE WHEN xd + trunc(xn)::int BETWEEN '0001-01-01' AND '9999-12-31'"
        " THEN xd + trunc(xn)::int END END FROM (VALUES ({0}, {1})) AS xt(xd, xn))",
    ),
    _part("YEAR", "YEAR(date)", "YEAR", "year"),
    _part("MONTH", "MONTH(date)", "MONTH", "month"),
    _part("DAY", "DAY(date)", "DAY", "day"),
    _part("WEEKDAY", "WEEKDAY(date), 1 is Monday", "ISODOW", "isoweekday"),
)
