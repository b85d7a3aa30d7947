"""Grouped lists: which fields group, and the heading with its count before the first row of each group."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Count, Q
from django.http import QueryDict
from django.utils.text import capfirst

from apps.core.resources.resource import Resource
from apps.core.values import format_number


@cache
def groupable(resource: Resource) -> dict[str, str]:
    """Field name → label of every choice, yes/no and linked field among the columns and filters."""
    labels = {column.name: column.label for column in resource.columns}
    found = {}
    for name in dict.fromkeys([*labels, *resource.filters]):
        try:
            field = resource.model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if isinstance(field, models.ForeignKey | models.BooleanField) or getattr(field, "choices", None):
            found[name] = labels.get(name) or capfirst(str(field.verbose_name))  # type: ignore[union-attr]
    return found


def chosen(resource: Resource, params: QueryDict) -> str:
    name = params.get("group", "")
    return name if name in groupable(resource) else ""


def column_of(resource: Resource, name: str) -> str:
    """The field a grouped list is ordered by: a link's own column, so that no group is torn apart."""
    return str(resource.model._meta.get_field(name).attname) if name else ""  # type: ignore[union-attr]


def headings(resource: Resource, name: str, matching: Any, shown: list[Any]) -> list[tuple[str, str]]:
    """For each shown row (heading, count over all pages), empty where the row before is of the same group."""
    if not name or not shown:
        return [("", "")] * len(shown)
    column = column_of(resource, name)
    keys = {getattr(record, column) for record in shown}
    wanted = Q(**{f"{column}__in": keys - {None}})
    if None in keys:
        wanted |= Q(**{f"{column}__isnull": True})
    counts = dict(matching.filter(wanted).order_by().values_list(column).annotate(Count("pk")))
    found, last = [], object()
    for record in shown:
        key = getattr(record, column)
        found.append((_words(record, name), format_number(counts.get(key, 0))) if key != last else ("", ""))
        last = key
    return found


def _words(record: Any, name: str) -> str:
    display = getattr(record, f"get_{name}_display", None)
    value = display() if callable(display) else getattr(record, name)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "None" if value is None or value == "" else str(value)
