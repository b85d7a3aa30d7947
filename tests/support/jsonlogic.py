"""Translates JSON Logic rules into the platform's formulas, or says why a rule lies outside them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.core.expressions import Type

COMPARED = {"===": "=", "!==": "<>", "==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
LOOSE = {"==", "!="}
OUTSIDE = {
    "map": "lists", "filter": "lists", "reduce": "lists", "all": "lists", "some": "lists", "none": "lists",
    "merge": "lists", "missing": "lists", "missing_some": "lists", "in": "lists", "cat": "building texts",
    "substr": "building texts", "throw": "errors as values", "try": "errors as values", "preserve": "objects",
    "%": "remainder", "exists": "lists",
}  # fmt: skip


class Outside(Exception):
    """The rule needs something the language does not have; the text is the reason."""


def translated(rule: Any, data: Any) -> tuple[str, dict[str, Type], dict[str, Any]]:
    """The formula, the types of its names and their values."""
    names: dict[str, Type] = {}
    values: dict[str, Any] = {}
    return _text(rule, data, names, values), names, values


def _text(rule: Any, data: Any, names: dict[str, Type], values: dict[str, Any]) -> str:
    if isinstance(rule, dict):
        if len(rule) != 1:
            raise Outside("objects")
        [(operator, given)] = rule.items()
        if operator in ("var", "val"):
            return _name(given, data, names, values)
        if isinstance(given, dict) and operator not in OUTSIDE:
            raise Outside("arguments made by a rule")
        arguments = given if isinstance(given, list) else [given]
        return _call(operator, arguments, lambda one: _text(one, data, names, values))
    return _literal(rule)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        if abs(number) >= Decimal(10) ** 15 or number.as_tuple().exponent < -10:  # type: ignore[operator]
            raise Outside("numbers beyond measure")
        return f"({number:f})" if number < 0 else f"{number:f}"
    if isinstance(value, str):
        if '"' in value or "\\" in value or not value.isprintable():
            raise Outside("texts with control signs")
        return f'"{value}"'
    raise Outside("null written out" if value is None else "lists")


def _name(given: Any, data: Any, names: dict[str, Type], values: dict[str, Any]) -> str:
    path = given if isinstance(given, list) else str(given).split(".") if isinstance(given, str) else [given]
    if len(path) > 1 and isinstance(given, list):
        raise Outside("fallbacks and scopes")
    if isinstance(given, list) and path and isinstance(path[0], str):
        path = path[0].split(".")
    found = data
    for part in path:
        if not isinstance(part, str) or not part.isidentifier():
            raise Outside("places in lists")
        if not isinstance(found, Mapping) or part not in found:
            raise Outside("names without a value")
        found = found[part]
    name = "_".join(["v", *path])
    names[name] = _type(found)
    values[name] = Decimal(repr(found)) if names[name] is Type.NUMBER else found
    return name


def _type(value: Any) -> Type:
    if isinstance(value, bool):
        return Type.BOOL
    if isinstance(value, int | float):
        return Type.NUMBER
    if isinstance(value, str):
        return Type.TEXT
    raise Outside("null without a type" if value is None else "lists")


def _call(operator: str, arguments: list[Any], text: Any) -> str:
    if operator in OUTSIDE:
        raise Outside(OUTSIDE[operator])
    parts = [text(one) for one in arguments]
    if operator in COMPARED and len(parts) == 2:
        return f"({parts[0]} {COMPARED[operator]} {parts[1]})"
    if operator in COMPARED and len(parts) > 2 and operator not in ("!=", "!=="):
        pairs = [f"({one} {COMPARED[operator]} {other})" for one, other in zip(parts, parts[1:], strict=False)]
        return f"AND({', '.join(pairs)})"
    if operator in ("and", "or") and parts:
        return f"{operator.upper()}({', '.join(parts)})"
    if operator in ("!", "!!") and len(parts) == 1:
        return f"(not {parts[0]})" if operator == "!" else f"({parts[0]} = TRUE)"
    if operator in ("if", "?:"):
        return _chosen(parts)
    if operator in ("max", "min") and parts:
        return f"{operator.upper()}({', '.join(parts)})"
    if operator == "-" and len(parts) == 1:
        return f"(-{parts[0]})"
    if operator in "+-*/" and len(parts) >= 2:
        return f"({f' {operator} '.join(parts)})"
    if operator == "+" and len(parts) == 1:
        return f"(+{parts[0]})"
    if operator == "??" and len(parts) >= 2:
        return f"COALESCE({', '.join(parts)})"
    raise Outside("another number of arguments")


def _chosen(parts: list[str]) -> str:
    if len(parts) < 3 or len(parts) % 2 == 0:
        raise Outside("choices without an else")
    found = parts[-1]
    for at in range(len(parts) - 3, -1, -2):
        found = f"IF({parts[at]}, {parts[at + 1]}, {found})"
    return found
