"""Inputs for lists of things: a form's fields as rows, a checklist as lines. Both take JSON as well, for files and the API."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.core.errors import Refused
from apps.work.fields import KINDS, check_checklist, check_fields

SPARE_ROWS = 3
COLUMNS = ("label", "kind", "required", "choices", "unit", "low", "high", "name")


class FieldRows(forms.Widget):
    """One row per field of a form, a few empty ones below; emptied rows go away, the order number moves them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if name in data:
            return data[name]
        if f"{name}-rows" not in data:
            return None
        rows = []
        for number in range(min(int(data[f"{name}-rows"] or 0), 80)):
            row = {column: str(data.get(f"{name}-{number}-{column}", "")).strip() for column in COLUMNS}
            if row["label"]:
                order = str(data.get(f"{name}-{number}-order", "") or number + 1)
                rows.append((int(order) if order.isdigit() else number + 1, number, row))
        return json.dumps([_field(row, place) for place, (_, _, row) in enumerate(sorted(rows, key=_order), 1)])

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}-rows" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        fields = _loaded(value)
        rows = [
            one | {"choices": "\n".join(one.get("choices", [])), "order": place} for place, one in enumerate(fields, 1)
        ]
        rows += [{"order": len(rows) + 1 + spare} for spare in range(SPARE_ROWS)]
        return render_to_string(
            "work/fields_widget.html",
            {
                "name": name,
                "rows": rows,
                "count": len(rows),
                "kinds": KINDS.items(),
                "id": (attrs or {}).get("id", name),
            },
        )


def _order(row: tuple[int, int, dict[str, str]]) -> tuple[int, int]:
    return row[0], row[1]


def _field(row: dict[str, str], place: int) -> dict[str, Any]:
    kept: dict[str, Any] = {name: value for name, value in row.items() if value and name not in {"choices", "required"}}
    kept.setdefault("name", _name(row["label"], place))
    kept["required"] = row["required"] in {"1", "on", "true"}
    if row["choices"]:
        kept["choices"] = [one.strip() for one in row["choices"].replace(";", "\n").splitlines() if one.strip()]
    return kept


def _name(label: str, place: int) -> str:
    """A name from the label that stays readable in answers, exports and conditions."""
    plain = "".join(one if one.isascii() and one.isalnum() else "_" for one in label.lower()).strip("_")
    plain = "_".join(part for part in plain.split("_") if part)[:40]
    return plain if plain[:1].isalpha() else f"field_{place}"


def _loaded(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, str):
        try:
            value = json.loads(value or "[]")
        except ValueError:
            return []
    return [one for one in value or [] if isinstance(one, dict)]


class FormDesignField(forms.JSONField):
    """The fields somebody is to fill in, chosen from the list of kinds."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(widget=FieldRows, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value

    def clean(self, value: Any) -> Any:
        found = super().clean(value) or []
        try:
            return check_fields(found)
        except Refused as error:
            raise forms.ValidationError(error.message) from error


class LinesField(forms.JSONField):
    """A checklist written as lines."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", "One line per point")
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(one["text"] if isinstance(one, dict) else str(one) for one in value)
        return value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip() and not value.lstrip().startswith("["):
            return [line.strip() for line in value.splitlines() if line.strip()]
        return super().to_python(value)

    def clean(self, value: Any) -> Any:
        found = super().clean(value) or []
        try:
            return check_checklist(found)
        except Refused as error:
            raise forms.ValidationError(error.message) from error
