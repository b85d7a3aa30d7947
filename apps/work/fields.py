"""Fields of a task's form as plain data: which kinds there are, and whether answers fit them. No ORM, no request.

A field is {"name", "label", "kind", "required", "choices", "unit", "low", "high", "help"}; only name, label and kind must be there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.core.errors import Refused

KINDS = {
    "text": "Short text",
    "long": "Long text",
    "number": "Number",
    "reading": "Reading within limits",
    "choice": "Choice",
    "yesno": "Yes or no",
    "date": "Date",
    "person": "Person",
    "photo": "Photo",
    "signature": "Signature",
}
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_FIELDS = 60
LONGEST = {"text": 300, "long": 8000, "signature": 120}
KNOWN = {"name", "label", "kind", "required", "choices", "unit", "low", "high", "help"}

Field = dict[str, Any]


def check_fields(found: Any, *, where: str = "form") -> list[Field]:
    """The fields in one shape, or a refusal that names the field at fault."""
    if not isinstance(found, list) or len(found) > MOST_FIELDS:
        raise _wrong(f"A form is a list of at most {MOST_FIELDS} fields.", where)
    checked: list[Field] = []
    for place, field in enumerate(found, 1):
        one = _checked(field, place, where)
        if one["name"] in {known["name"] for known in checked}:
            raise _wrong(f"Two fields are named “{one['name']}”. Give each its own name.", where)
        checked.append(one)
    return checked


def _checked(field: Any, place: int, where: str) -> Field:
    if not isinstance(field, dict):
        raise _wrong(f"Field {place} is no object with name, label and kind.", where)
    name, kind = field.get("name"), field.get("kind", "text")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _wrong(f"Field {place}: a name has small letters, digits and _, such as bore_width.", where)
    if kind not in KINDS:
        raise _wrong(f"Field “{name}”: choose its kind from {', '.join(KINDS)}.", where)
    unknown = sorted(set(field) - KNOWN)
    if unknown:
        raise _wrong(f"Field “{name}”: “{unknown[0]}” is not known. Use {', '.join(sorted(KNOWN))}.", where)
    choices = field.get("choices", [])
    if kind == "choice" and not (
        isinstance(choices, list) and choices and all(isinstance(one, str) and one for one in choices)
    ):
        raise _wrong(f"Field “{name}”: list the choices.", where)
    limits = {side: _limit(field.get(side), name, where) for side in ("low", "high")}
    if None not in limits.values() and Decimal(str(limits["low"])) > Decimal(str(limits["high"])):
        raise _wrong(f"Field “{name}”: the low limit is above the high one.", where)
    kept = {
        "name": name,
        "label": str(field.get("label") or name)[:120],
        "kind": kind,
        "required": bool(field.get("required", False)),
        "choices": choices if kind == "choice" else None,
        "unit": str(field.get("unit", ""))[:20],
        "help": str(field.get("help", ""))[:300],
        **limits,
    }
    return {key: value for key, value in kept.items() if value not in (None, "", False)} | {
        "required": kept["required"]
    }


def _limit(value: Any, name: str, where: str) -> str | None:
    if value in (None, ""):
        return None
    number = number_of(value)
    if number is None:
        raise _wrong(f"Field “{name}”: a limit is a number.", where)
    return format(number, "f")


def check_answers(fields: Sequence[Mapping[str, Any]], answers: Any) -> dict[str, Any]:
    """The answers as JSON data, each fitting its field; unknown names and missing required ones are refused."""
    if not isinstance(answers, dict):
        raise Refused("Answers are an object of field name and value.", code="bad_answers", field="answers")
    known = {field["name"]: field for field in fields}
    for name in answers:
        if name not in known:
            raise Refused(
                f"This task has no field “{name}”. Fields: {', '.join(known) or 'none'}.",
                code="unknown_answer",
                field=name,
            )
    kept = {}
    for name, field in known.items():
        value = answers.get(name)
        if value in (None, "") or (field["kind"] == "yesno" and value is False and field.get("required")):
            if field.get("required"):
                raise Refused(f"Fill in “{field['label']}”.", code="answer_missing", field=name)
            if value in (None, ""):
                continue
        kept[name] = _answer(field, value)
    return kept


def _answer(field: Mapping[str, Any], value: Any) -> Any:
    kind, name, label = field["kind"], field["name"], field["label"]
    if kind in {"number", "reading"}:
        number = number_of(value)
        if number is None:
            raise Refused(f"“{label}” is a number, such as 24.01.", code="answer_kind", field=name)
        return format(number, "f")
    if kind == "choice" and value not in field["choices"]:
        raise Refused(f"“{label}”: choose one of {', '.join(field['choices'])}.", code="answer_kind", field=name)
    if kind == "yesno":
        if not isinstance(value, bool):
            raise Refused(f"“{label}” is yes or no.", code="answer_kind", field=name)
        return value
    if kind == "date":
        return _day(value, label, name)
    if kind in {"person", "photo"}:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(f"“{label}” is the number of a {kind}.", code="answer_kind", field=name)
        return value
    text = str(value)
    if len(text) > LONGEST.get(kind, 300):
        raise Refused(f"“{label}” is longer than {LONGEST.get(kind, 300)} characters.", code="answer_long", field=name)
    return text


def _day(value: Any, label: str, name: str) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise Refused(f"“{label}” is a date such as 2026-03-31.", code="answer_kind", field=name) from None


def number_of(value: Any) -> Decimal | None:
    """A finite number written with point or comma; None when it is none."""
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= 24 else None


def out_of_limits(fields: Sequence[Mapping[str, Any]], answers: Mapping[str, Any]) -> list[str]:
    """Labels of readings outside their limits."""
    found = []
    for field in fields:
        number = number_of(answers.get(field["name"])) if field["kind"] == "reading" else None
        low, high = number_of(field.get("low")), number_of(field.get("high"))
        if number is not None and ((low is not None and number < low) or (high is not None and number > high)):
            found.append(str(field["label"]))
    return found


def check_checklist(found: Any) -> list[dict[str, Any]]:
    """Points as {"text", "done"}; a list of plain texts is taken as well."""
    if not isinstance(found, list) or len(found) > 200:
        raise _wrong("A checklist has at most 200 points, one line each.", "checklist")
    kept = []
    for point in found:
        text = point.get("text") if isinstance(point, dict) else point
        if not isinstance(text, str) or not text.strip():
            raise _wrong("Each point of a checklist is a line of text.", "checklist")
        kept.append({"text": text.strip()[:300], "done": bool(point.get("done")) if isinstance(point, dict) else False})
    return kept


def _wrong(message: str, field: str) -> Refused:
    return Refused(message, code="bad_form", field=field)
