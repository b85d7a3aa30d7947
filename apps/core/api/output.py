"""A record as JSON: declared fields only, exact decimals as text, times in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import models

from apps.core.errors import Refused
from apps.core.models import plain
from apps.core.resources.resource import Resource

ALWAYS = ("id", "subject", "version", "created_at", "archived_at")


def api_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return plain(value)


def field_names(resource: Resource) -> tuple[str, ...]:
    own = {field.name for field in resource.model._meta.concrete_fields}
    return tuple(name for name in ALWAYS if name in own or name == "subject") + tuple(
        name for name in resource.fields if name not in ALWAYS
    )


def wanted(resource: Resource, text: str) -> tuple[str, ...]:
    """?fields=a,b: a subset of the declared fields."""
    known = field_names(resource)
    if not text:
        return known
    asked = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise Refused(
            f"'{unknown[0]}' is not a field of {resource.nouns}. Fields: {', '.join(known)}.",
            code="unknown_parameter",
            field="fields",
        )
    return tuple(name for name in known if name in asked)


def representer(resource: Resource, names: tuple[str, ...]) -> Callable[[Any], dict[str, Any]]:
    """A function record → dict; foreign keys are read from the row itself, so no field costs a query."""
    fields = {field.name: field for field in resource.model._meta.concrete_fields}
    attributes = [(name, fields[name].attname if name in fields else name) for name in names]

    def represent(record: Any) -> dict[str, Any]:
        found = {}
        for name, attribute in attributes:
            value = getattr(record, attribute)
            if callable(value) and not isinstance(value, models.Model):
                value = value()
            found[name] = api_value(value)
        return found

    return represent


def etag(record: Any) -> str:
    return f'"v{record.version}"'
