"""JSON in, form data out: the same forms check both doors, but JSON types are checked first and nothing unknown passes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django import forms

from apps.core.actions.fields import ActionForm, RecordField, RecordsField
from apps.core.errors import Refused


def form_data(form: type[ActionForm], body: Any, *, initial: dict[str, Any] | None = None) -> dict[str, Any]:
    """The body as data for the form; `initial` fills what a partial change leaves out, defaults what a whole input does. Raises Refused by field."""
    if not isinstance(body, dict):
        raise Refused("Send a JSON object.", code="bad_body")
    unknown = sorted(set(body) - set(form.base_fields))
    if unknown:
        known = ", ".join(form.base_fields) or "none"
        raise Refused(f"'{unknown[0]}' is not a field here. Fields: {known}.", code="unknown_field", field=unknown[0])
    data = defaults_of(form) if initial is None else dict(initial)
    for name, value in body.items():
        data[name] = _checked(name, form.base_fields[name], value)
    return {name: value for name, value in data.items() if value is not None}


def defaults_of(form: type[ActionForm]) -> dict[str, Any]:
    """What a field takes when a client leaves it out, as the screen shows it before anybody types."""
    return {
        name: field.initial
        for name, field in form.base_fields.items()
        if field.initial not in (None, "") and not callable(field.initial)
    }


def _checked(name: str, field: forms.Field, value: Any) -> Any:
    if value is None:
        return None
    expected, fits = _expectation(field, value)
    if not fits:
        raise Refused(f"'{name}' must be {expected}.", code="wrong_type", field=name)
    if isinstance(field, forms.JSONField):
        return json.dumps(value, default=str)
    return value


def _expectation(field: forms.Field, value: Any) -> tuple[str, bool]:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(field, forms.JSONField):
        return "JSON", True
    if isinstance(field, forms.BooleanField):
        return "true or false", isinstance(value, bool)
    if isinstance(field, RecordsField):
        return "a list of keys", isinstance(value, list) and all(
            isinstance(v, int) and not isinstance(v, bool) for v in value
        )
    if isinstance(field, RecordField):
        return "a key (whole number)", whole
    if isinstance(field, forms.MultipleChoiceField):
        return "a list of texts", isinstance(value, list) and all(isinstance(v, str) for v in value)
    if isinstance(field, forms.ChoiceField) and _counts(field):
        return "a whole number", whole or isinstance(value, str)
    if isinstance(field, forms.DecimalField | forms.FloatField):
        return "a number, or its text", whole or isinstance(value, Decimal | str)
    if isinstance(field, forms.IntegerField):
        return "a whole number", whole
    return "text", isinstance(value, str)


def _counts(field: Any) -> bool:
    """Whether the choices are numbers, as priorities are."""
    return any(isinstance(key, int) for key, _ in field.choices)
