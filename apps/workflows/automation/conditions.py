"""Conditions as nested groups of rows, checked against the fields a trigger offers and compiled to the kernel's expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.core.errors import Refused
from apps.core.expressions.nodes import Binary, Call, Literal, Name, Node, Type, Unary

MOST_ROWS, MOST_DEPTH = 100, 6
GROUPS = {"all": "All of these", "any": "Any of these", "none": "None of these"}
OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "lt": "is less than",
    "le": "is at most",
    "gt": "is more than",
    "ge": "is at least",
    "between": "is between",
    "in": "is one of",
    "contains": "contains",
    "starts": "starts with",
    "ends": "ends with",
    "empty": "is empty",
    "filled": "is not empty",
    "changed": "changed",
    "changed_to": "changed to",
    "changed_from": "changed from",
    "for_hours": "is so since more than … working hours",
}
ORDER = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
ORDERED = (Type.NUMBER, Type.MONEY, Type.DATE)
TEXTS = {"contains": "CONTAINS", "starts": "STARTS_WITH", "ends": "ENDS_WITH"}
CHANGES = ("changed", "changed_to", "changed_from")
TODAY = re.compile(r"today\s*(?P<days>[+-]\s*\d{1,4})?")
NO_VALUE = ("empty", "filled", "changed")


@dataclass(frozen=True, slots=True)
class Field:
    """A value a condition may ask about. `before` names the value it had, where the trigger knows one."""

    path: str
    label: str
    type: Type
    before: str = ""
    choices: tuple[tuple[str, str], ...] = ()


Fields = Mapping[str, Field]


def refuse(message: str, place: str = "") -> Refused:
    return Refused(f"{place}: {message}" if place else message, code="bad_condition", field="definition")


def compile_tree(tree: Any, fields: Fields) -> Node:
    """The tree as a typed expression; refuses with the row at fault."""
    check_size(tree)
    rows = [0]
    return _group(tree, fields, rows)


def check_size(tree: Any) -> None:
    """Bounds are checked without descending, so that no tree is too deep to be refused."""
    stack, rows = [(tree, 1)], 0
    while stack:
        node, depth = stack.pop()
        if depth > MOST_DEPTH:
            raise refuse(f"Groups are nested more than {MOST_DEPTH} deep. Use fewer levels.")
        rows += 1
        if rows > MOST_ROWS * 2:
            raise refuse(f"There are more than {MOST_ROWS} conditions. Split the rule.")
        if isinstance(node, dict):
            for name in GROUPS:
                if isinstance(node.get(name), list):
                    stack += [(one, depth + 1) for one in node[name]]


def _group(tree: Any, fields: Fields, rows: list[int]) -> Node:
    if not isinstance(tree, dict):
        raise refuse('A condition is a group such as {"all": […]} or a row with field, operator and value.')
    kind = next((name for name in GROUPS if name in tree), None)
    if kind is None:
        rows[0] += 1
        return _row(tree, fields, f"Condition {rows[0]}")
    if not isinstance(tree[kind], list):
        raise refuse(f"The group “{kind}” holds a list of conditions.")
    parts = [_group(one, fields, rows) for one in tree[kind]]
    joined = _joined("and" if kind == "all" else "or", parts, kind != "any")
    return Unary("not", joined, Type.BOOL) if kind == "none" and parts else joined


def _joined(word: str, parts: list[Node], if_empty: bool) -> Node:
    """Missing counts as not true here, so that one unknown row does not silence a whole group."""
    parts = [Call("COALESCE", (one, Literal(False, Type.BOOL)), Type.BOOL) for one in parts]
    if not parts:
        return Literal(if_empty, Type.BOOL)
    return parts[0] if len(parts) == 1 else _balanced(word, parts)


def _balanced(word: str, parts: list[Node]) -> Node:
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return Binary(word, _balanced(word, parts[:half]), _balanced(word, parts[half:]), Type.BOOL)


def _row(row: dict[str, Any], fields: Fields, place: str) -> Node:
    path, operator, value = row.get("field"), row.get("op"), row.get("value", "")
    field = fields.get(path) if isinstance(path, str) else None
    if field is None:
        raise refuse(f"there is no field “{str(path)[:60]}” for this trigger. Choose one of the list.", place)
    if operator not in OPERATORS:
        raise refuse(f"there is no operator “{str(operator)[:30]}”. Use one of: {', '.join(OPERATORS)}.", place)
    name = Name(field.path, field.type)
    if operator in CHANGES:
        return _changed(field, operator, value, place)
    if operator == "for_hours":
        hours = _literal(Type.NUMBER, value, place)
        return Binary(">", Name(f"hours:{field.path}", Type.NUMBER), hours, Type.BOOL)
    if operator in ("empty", "filled"):
        empty: Node = Call("IS_EMPTY" if field.type is Type.TEXT else "IS_MISSING", (name,), Type.BOOL)
        return empty if operator == "empty" else Unary("not", empty, Type.BOOL)
    return _compared(name, field, operator, value, place)


def _compared(name: Name, field: Field, operator: str, value: Any, place: str) -> Node:
    if operator in ORDER or operator == "between":
        if field.type not in ORDERED:
            raise refuse(f"{field.label} has no order. Use “is” or “is one of”.", place)
        if operator in ORDER:
            return Binary(ORDER[operator], name, _literal(field.type, value, place), Type.BOOL)
        low, high = _several(value, place, exactly=2)
        lower = Binary(">=", name, _literal(field.type, low, place), Type.BOOL)
        return Binary("and", lower, Binary("<=", name, _literal(field.type, high, place), Type.BOOL), Type.BOOL)
    if operator in TEXTS:
        if field.type is not Type.TEXT:
            raise refuse(f"{field.label} is no text. Use “is” or compare it.", place)
        return Call(TEXTS[operator], (name, _literal(Type.TEXT, value, place)), Type.BOOL)
    if operator == "in":
        equal = [_equal(name, field, one, place) for one in _several(value, place)]
        return _balanced("or", equal)
    same = _equal(name, field, value, place)
    return Unary("not", same, Type.BOOL) if operator == "is_not" else same


def _equal(name: Name, field: Field, value: Any, place: str) -> Node:
    known = {key: key for key, _ in field.choices} | {label.lower(): key for key, label in field.choices}
    text = str(value).strip()
    if field.choices and text not in known and text.lower() not in known:
        listed = ", ".join(key for key, _ in field.choices[:12])
        raise refuse(f"{field.label} is never “{text[:40]}”. Use one of: {listed}.", place)
    wanted = known.get(text, known.get(text.lower(), value)) if field.choices else value
    return Binary("=", name, _literal(field.type, wanted, place), Type.BOOL)


def _changed(field: Field, operator: str, value: Any, place: str) -> Node:
    if not field.before:
        raise refuse(f"the value of {field.label} before is not known to this trigger. Watch for changes.", place)
    now, former = Name(field.path, field.type), Name(field.before, field.type)
    differs: Node = Name(f"changed:{field.path}", Type.BOOL)
    if operator == "changed":
        return differs
    side = _equal(now if operator == "changed_to" else former, field, value, place)
    return Binary("and", differs, side, Type.BOOL)


def _several(value: Any, place: str, exactly: int = 0) -> list[Any]:
    found = value if isinstance(value, list) else [part.strip() for part in str(value).split(",") if part.strip()]
    if exactly and len(found) != exactly:
        raise refuse("write the two ends with a comma between, such as 5, 10.", place)
    if not found or len(found) > MOST_ROWS:
        raise refuse("write the values with commas between.", place)
    return list(found)


def _today(text: str) -> Node | None:
    """“today”, “today+7” or “today-30”."""
    match = TODAY.fullmatch(text)
    if match is None:
        return None
    days = Literal(Decimal((match["days"] or "0").replace(" ", "")), Type.NUMBER)
    return Call("ADD_DAYS", (Name("today", Type.DATE), days), Type.DATE)


def _literal(kind: Type, value: Any, place: str) -> Node:
    text = str(value).strip()
    if kind is Type.BOOL:
        word = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower())
        if word is None:
            raise refuse(f"“{text[:40]}” is neither yes nor no.", place)
        return Literal(word, kind)
    if kind is Type.DATE:
        relative = _today(text.lower())
        if relative is not None:
            return relative
        try:
            return Literal(date.fromisoformat(text), kind)
        except ValueError:
            raise refuse(f"“{text[:40]}” is no date. Write 2026-11-24, today or today+7.", place) from None
    if kind in (Type.NUMBER, Type.MONEY):
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > 30:
            raise refuse(f"“{text[:40]}” is no number. Write it like 1234.5.", place)
        return Literal(number, kind)
    if isinstance(value, dict | list):
        raise refuse("a text is expected.", place)
    return Literal(text, kind)


def working_hours_asked(node: Node) -> set[str]:
    """Fields whose time in the present state must be looked up before the conditions are evaluated."""
    found, stack = set(), [node]
    while stack:
        one = stack.pop()
        if isinstance(one, Name) and one.name.startswith("hours:"):
            found.add(one.name.removeprefix("hours:"))
        stack += [child for name in ("operand", "left", "right") if (child := getattr(one, name, None)) is not None]
        stack += list(getattr(one, "arguments", ()))
    return found
