"""The input for lines of a document: a table of rows on screen, JSON in files and the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.core.errors import Refused
from apps.procurement.lines import MOST_LINES, LineColumn, check_lines

SPARE_ROWS = 3
INPUTS = {"text": "text", "number": "text", "price": "text", "count": "text", "day": "date"}


class LineRows(forms.Widget):
    """One row per line with a few empty ones below; emptied rows go away."""

    def __init__(self, columns: Sequence[LineColumn], *, spare: int = SPARE_ROWS) -> None:
        super().__init__()
        self.columns, self.spare = columns, spare

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if name in data:
            return data[name]
        if f"{name}-rows" not in data:
            return None
        count = str(data.get(f"{name}-rows") or "0")
        rows = []
        for place in range(min(int(count) if count.isdigit() else 0, MOST_LINES + SPARE_ROWS)):
            row = {one.name: str(data.get(f"{name}-{place}-{one.name}", "")).strip() for one in self.columns}
            typed = [one.name for one in self.columns if not one.hidden and row[one.name]]
            if typed and typed != ["line"]:
                rows.append({key: value for key, value in row.items() if value})
        return json.dumps(rows)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}-rows" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        lines = [*_loaded(value), *({} for _ in range(self.spare))]
        shown = [one for one in self.columns if not one.hidden]
        kept = [one.name for one in self.columns if one.hidden]
        rows = [
            {
                "cells": [(one, INPUTS[one.kind], line.get(one.name, "")) for one in shown],
                "kept": [(one, line[one]) for one in kept if line.get(one)],
            }
            for line in lines
        ]
        context = {
            "name": name,
            "columns": shown,
            "rows": rows,
            "count": len(rows),
            "id": (attrs or {}).get("id", name),
        }
        return render_to_string("procurement/lines_widget.html", context)


def _loaded(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, str):
        try:
            value = json.loads(value or "[]")
        except ValueError:
            return []
    return [one for one in value or [] if isinstance(one, dict)]


class LinesField(forms.JSONField):
    """The lines of a purchasing document."""

    def __init__(self, columns: Sequence[LineColumn], *, least: int = 1, **kwargs: Any) -> None:
        self.columns, self.least = columns, least
        kwargs.setdefault("required", False)
        super().__init__(widget=LineRows(columns), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value

    def clean(self, value: Any) -> Any:
        found = super().clean(value) or []
        try:
            return check_lines(found, self.columns, least=self.least)
        except Refused as error:
            raise forms.ValidationError(error.message) from error
