"""What a rule may ask about and put into its steps: the event, values before and after, the record and what it points to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.utils import timezone

from apps.core.events.facts import Changed, Fact, Recorded, facts
from apps.core.expressions import Type
from apps.core.models import Event
from apps.core.resources.resource import Resource, of_subject, resources
from apps.workflows.automation.conditions import Field

COMMON = {"subject", "departments", "changes", "title", "values"}
KINDS = {"int": Type.NUMBER, "Decimal": Type.NUMBER, "bool": Type.BOOL}
MESSAGE_KINDS = {"number": Type.NUMBER, "yesno": Type.BOOL, "date": Type.DATE}
MOST_BODY = 60
LEFT_OUT = {"id", "version", "password"}


@dataclass(frozen=True)
class Found:
    """One happening as a rule sees it: plain typed values by path, and the record itself where it is still there."""

    values: Mapping[str, Any]
    record: Any = None
    resource: Resource | None = None


def resource_of(trigger: Mapping[str, Any]) -> Resource | None:
    name = trigger.get("resource") or ""
    return resources.get(name) if isinstance(name, str) else None


def fields_of(trigger: Mapping[str, Any]) -> dict[str, Field]:
    """Every field this trigger offers, by path."""
    found: list[Field] = []
    resource = resource_of(trigger)
    if trigger.get("kind") != "schedule":
        found += [
            Field("event.name", "What happened", Type.TEXT),
            Field("event.actor", "Who did it (user name)", Type.TEXT),
            Field("event.on", "When it happened", Type.DATE),
            Field("event.subject", "What it is about, for links", Type.TEXT),
        ]
        found += _fact_fields(facts.get(str(trigger.get("fact", ""))))
        found += [Field(f"body.{name}", f"Message: {name}", kind) for name, kind in body_of(trigger)]
    if resource is not None:
        if trigger.get("kind") != "schedule":
            found += _changed_fields(resource)
        found += _record_fields(resource)
    return {one.path: one for one in found}


def body_of(trigger: Mapping[str, Any]) -> list[tuple[str, Type]]:
    """The fields of a message from outside, as the trigger names them: “amount number, status text”."""
    found = []
    for part in str(trigger.get("body") or "").split(","):
        name, _, kind = part.strip().partition(" ")
        if all(one.isidentifier() for one in name.split(".")):
            found.append((name, MESSAGE_KINDS.get(kind.strip(), Type.TEXT)))
    return found[:MOST_BODY]


def body_words(values: Mapping[str, Any]) -> str:
    """How a trigger would name the fields of this message."""
    names = {bool: "yesno", int: "number", float: "number"}
    flat = [
        (name, value) for name, value in sorted(flattened(values)) if all(one.isidentifier() for one in name.split("."))
    ]
    return ", ".join(f"{name} {names.get(type(value), 'text')}" for name, value in flat[:MOST_BODY])


def flattened(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested objects by dotted names, two levels deep; lists are left out."""
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, dict) and prefix.count(".") < 1:
            found += flattened(value, f"{prefix}{name}.")
        elif not isinstance(value, dict | list):
            found.append((f"{prefix}{name}", value))
    return found


def _fact_fields(kind: type[Fact] | None) -> list[Field]:
    if kind is None:
        return []
    return [
        Field(f"fact.{one.name}", one.name.replace("_", " ").capitalize(), KINDS.get(str(one.type), Type.TEXT))
        for one in fields(kind)
        if one.name not in COMMON
    ]


def _type(field: Any) -> Type:
    if isinstance(field, models.BooleanField):
        return Type.BOOL
    if isinstance(field, models.DateField):
        return Type.DATE
    if isinstance(field, models.DecimalField | models.IntegerField | models.FloatField) and not field.is_relation:
        return Type.NUMBER
    return Type.TEXT


def _columns(model: type[models.Model]) -> list[Any]:
    return [
        one for one in model._meta.concrete_fields if one.name not in LEFT_OUT and not isinstance(one, models.JSONField)
    ]


def _choices(field: Any) -> tuple[tuple[str, str], ...]:
    return (
        tuple((str(key), str(label)) for key, label in (field.flatchoices or ()) if key != "") if field.choices else ()
    )


def _changed_fields(resource: Resource) -> list[Field]:
    found = []
    for one in _columns(resource.model):
        name = str(one.verbose_name)
        before = f"before.{one.attname}"
        found.append(Field(f"after.{one.attname}", f"{name} (after)", _type(one), before, _choices(one)))
        found.append(Field(before, f"{name} (before)", _type(one), "", _choices(one)))
    return found


def _record_fields(resource: Resource) -> list[Field]:
    """The record's own fields, and those of the records it points to, one step away."""
    found = [
        Field("record.subject", "The record, for links", Type.TEXT),
        Field("record.number", "Its number", Type.TEXT),
    ]
    for one in _columns(resource.model):
        found.append(Field(f"record.{one.name}", str(one.verbose_name).capitalize(), _type(one), "", _choices(one)))
        if isinstance(one, models.ForeignKey):
            found += [
                Field(
                    f"record.{one.name}.{deep.name}",
                    f"{one.verbose_name}: {deep.verbose_name}",
                    _type(deep),
                    "",
                    _choices(deep),
                )
                for deep in _columns(one.remote_field.model)
                if not deep.is_relation
            ]
    return found


def from_event(event: Event, trigger: Mapping[str, Any], *, actor: Any) -> Found:
    """The happening as the rule's owner may see it; a record out of reach gives no values."""
    values: dict[str, Any] = {"event.name": event.name, "event.on": timezone.localdate(event.at)}
    values |= {"event.subject": event.subject, "today": timezone.localdate(event.at)}
    values |= {f"fact.{name}": value for name, value in event.payload.items() if name not in COMMON}
    kind = facts.get(event.name)
    if kind is not None and issubclass(kind, Recorded):
        values |= {f"after.{name}": value for name, value in event.payload.get("values", {}).items()}
    elif isinstance(event.payload.get("values"), dict):
        values |= {f"body.{name}": value for name, value in flattened(event.payload["values"])}
    for name, pair in event.changes.items():
        if isinstance(pair, list) and len(pair) == 2:
            values |= {f"before.{name}": pair[0], f"after.{name}": pair[1], f"changed:after.{name}": pair[0] != pair[1]}
    target = of_subject(event.subject)
    record = None
    if target is not None:
        record = target[0].rows(actor).filter(pk=target[1]).first() if actor is not None else None
        if record is not None:
            values |= record_values(record, target[0])
            _unchanged(values, record, target[0], kind)
    return Found(values, record, target[0] if target is not None else None)


def _unchanged(values: dict[str, Any], record: Any, resource: Resource, kind: type[Fact] | None) -> None:
    """What the event did not touch has the value before that it has after."""
    if kind is None or not issubclass(kind, Changed):
        return
    for one in _columns(resource.model):
        if f"after.{one.attname}" not in values:
            value = getattr(record, one.attname)
            values[f"after.{one.attname}"] = values[f"before.{one.attname}"] = value
            values[f"changed:after.{one.attname}"] = False


def from_record(record: Any, resource: Resource) -> Found:
    return Found(record_values(record, resource), record, resource)


def record_values(record: Any, resource: Resource) -> dict[str, Any]:
    values: dict[str, Any] = {"record": record, "record.number": resource.number(record)}
    values["record.subject"] = record.subject()
    for one in _columns(resource.model):
        value = getattr(record, one.name)
        values[f"record.{one.name}"] = value
        if isinstance(one, models.ForeignKey) and value is not None:
            for deep in _columns(one.remote_field.model):
                if not deep.is_relation:
                    values[f"record.{one.name}.{deep.name}"] = getattr(value, deep.name)
    return values


def typed(values: Mapping[str, Any], offered: Mapping[str, Field]) -> dict[str, Any]:
    """The values as the kernel's expressions want them; what does not fit its type is missing."""
    found = {
        path: value for path, value in values.items() if path == "today" or path.startswith(("changed:", "hours:"))
    }
    found |= {path: _as(field.type, values[path]) for path, field in offered.items() if path in values}
    for path, field in offered.items():
        if field.before:
            found.setdefault(f"changed:{path}", False)
    return found


def _as(kind: Type, value: Any) -> Any:
    if value is None:
        return None
    if kind is Type.BOOL:
        return value if isinstance(value, bool) else None
    if kind is Type.DATE:
        return _as_date(value)
    if kind is Type.NUMBER:
        try:
            number = value if isinstance(value, Decimal) else Decimal(str(value))
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    if isinstance(value, models.Model):
        return str(value.pk)
    return value if isinstance(value, str) else str(value)


def _as_date(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
        return timezone.localdate(value) if value.tzinfo else value.date()
    if isinstance(value, datetime):
        return timezone.localdate(value) if value.tzinfo else value.date()
    return value if isinstance(value, date) else None
