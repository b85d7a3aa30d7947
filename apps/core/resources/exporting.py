"""Taking rows out: the same columns, order and filters as the list or the API, in a form that imports again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db import models

from apps.core.models import plain
from apps.core.resources.resource import Resource


def header(resource: Resource) -> tuple[str, ...]:
    return ("key", *resource.fields) if not resource.import_key else resource.fields


def export_value(record: Any, name: str) -> Any:
    """A value as it is written: linked records by their code, everything else plainly."""
    value = getattr(record, name)
    if isinstance(value, models.Model):
        return str(getattr(value, "code", getattr(value, "username", value.pk)))
    if isinstance(value, list | dict):
        return json.dumps(plain(value))
    return value


def export_rows(resource: Resource, rows: models.QuerySet[Any]) -> Iterator[list[Any]]:
    """One list per record, streamed."""
    related = [name for name in resource.fields if resource._is_foreign_key(name)]
    names = header(resource)
    found = rows.select_related(*related) if related else rows
    for record in found.iterator(chunk_size=1000):
        yield [record.pk if name == "key" else export_value(record, name) for name in names]
