"""The steps of a rule: actions of any noun with their inputs filled from the event, checked when the rule is saved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext

from apps.core.actions.action import Action, FormRefused, perform
from apps.core.actions.current import current_input
from apps.core.actions.fields import RecordField, RecordsField
from apps.core.api.input import defaults_of
from apps.core.errors import Refused
from apps.core.expressions import parse
from apps.core.models import plain
from apps.core.resources.resource import Resource, resources
from apps.workflows.automation.conditions import Field
from apps.workflows.rule_fields import Found, typed

MOST_STEPS, MOST_TEXT, MOST_CHOICES = 20, 2000, 12
PLACE = re.compile(r"\{([A-Za-z_][\w.]*)\}")
RECORD, NEW = "record", "new"


@dataclass(frozen=True)
class Ready:
    """A step whose action is known. `target` is record, new, or a path such as record.kpi."""

    resource: Resource
    action: Action
    target: str
    inputs: Mapping[str, str]

    @property
    def label(self) -> str:
        return f"{self.resource.label}: {self.action.label}"[:120]


def offered() -> list[tuple[Resource, Action]]:
    """Every action that automation may use."""
    return [(one, action) for one in resources for action in one.actions if action.automation and not action.fresh]


def ready(step: Any, number: int, trigger_resource: Resource | None, fields: Mapping[str, Field]) -> Ready:
    """Refuses an unknown action, input or place with the step's number."""
    if not isinstance(step, dict):
        raise _wrong(number, "a step names resource, action, target and inputs.")
    resource = resources.get(str(step.get("resource", "")))
    action = resource.action(str(step.get("action", ""))) if resource is not None else None
    if resource is None or action is None or not action.automation or action.fresh:
        raise _wrong(number, f"there is no action “{step.get('resource')}.{step.get('action')}” for automation.")
    target = NEW if action.kind == "create" else str(step.get("target") or RECORD)
    if target != NEW:
        _check_target(target, number, resource, trigger_resource)
    inputs = step.get("inputs") or {}
    if not isinstance(inputs, dict) or not all(isinstance(one, str) for one in inputs.values()):
        raise _wrong(number, "inputs are texts by field.")
    for name, text in inputs.items():
        if name not in action.form.base_fields:
            known = ", ".join(action.form.base_fields) or "none"
            raise _wrong(number, f"“{action.label}” has no input “{name}”. It has: {known}.")
        _check_text(text, number, name, fields)
    return Ready(resource, action, target, inputs)


def _wrong(number: int, message: str) -> Refused:
    return Refused(f"Step {number}: {message}", code="bad_step", field="definition")


def _check_target(target: str, number: int, resource: Resource, trigger: Resource | None) -> None:
    if trigger is None:
        raise _wrong(number, "this trigger has no record. Choose what kind of record it is about.")
    if target == RECORD:
        if trigger.model is not resource.model:
            raise _wrong(number, f"the record is a {trigger.noun}, and the action belongs to a {resource.noun}.")
        return
    related = {
        f"record.{one.name}": one.remote_field.model
        for one in trigger.model._meta.concrete_fields
        if isinstance(one, models.ForeignKey)
    }
    if related.get(target) is not resource.model:
        raise _wrong(number, f"“{target}” does not lead to a {resource.noun}.")


def _check_text(text: str, number: int, name: str, fields: Mapping[str, Field]) -> None:
    if len(text) > MOST_TEXT:
        raise _wrong(number, f"{name} is longer than {MOST_TEXT} characters.")
    if text.startswith("="):
        try:
            parse(text[1:], names=_formula_names(fields))
        except Refused as error:
            raise _wrong(number, f"{name}: {error.message}") from None
        return
    unknown = [path for path in PLACE.findall(text) if path not in fields and path != "record"]
    if unknown:
        raise _wrong(number, f"{name}: there is no field {{{unknown[0]}}} for this trigger.")


def _formula_names(fields: Mapping[str, Field]) -> dict[str, Any]:
    return {path.replace(".", "_"): one.type for path, one in fields.items()}


def filled(step: Ready, found: Found, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The step's inputs with the event's values in their places; keys, codes and user names become records' keys."""
    given: dict[str, Any] = {}
    for name, text in step.inputs.items():
        value = _value(text, found, fields)
        if value is None or value == "":
            continue
        field = step.action.form.base_fields[name]
        if isinstance(field, RecordField | RecordsField):
            value = _key(field.model, value)
        given[name] = plain(value)
    return given


def _value(text: str, found: Found, fields: Mapping[str, Field]) -> Any:
    if text.startswith("="):
        names = {path.replace(".", "_"): value for path, value in typed(found.values, fields).items()}
        return parse(text[1:], names=_formula_names(fields)).evaluate(names)
    whole = PLACE.fullmatch(text.strip())
    if whole:
        return found.values.get(whole[1])
    return PLACE.sub(lambda place: _said(found.values.get(place[1])), text)


def _said(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(plain(value)) if not isinstance(value, models.Model) else str(value)


def _key(model: type[models.Model], value: Any) -> Any:
    """A record's key from a record, a key, a code or a user name."""
    if isinstance(value, models.Model):
        return value.pk
    text = str(value).strip()
    if text.isascii() and text.isdigit():
        return int(text)
    name = "username" if model is get_user_model() else "code"
    if name not in {one.name for one in model._meta.fields}:
        return text
    manager: Any = model._default_manager
    return manager.filter(**{name: text}).values_list("pk", flat=True).first() or text


def target_of(step: Ready, found: Found) -> Any:
    """The record a step acts on; None for a new one."""
    if step.target == NEW:
        return None
    record = found.record if step.target == RECORD else found.values.get(step.target)
    if record is None:
        raise Refused("The record is not there any more, or the owner may not see it.", code="no_record")
    return record


def carry_out(step: Ready, found: Found, fields: Mapping[str, Field], *, actor: Any) -> tuple[dict[str, Any], Any]:
    """Do the step as its owner: the same right, state and form as for a person. Returns inputs and result."""
    given = filled(step, found, fields)
    record = target_of(step, found)
    version = None
    data = {**defaults_of(step.action.form), **given}
    if record is not None:
        record = step.resource.rows(actor).filter(pk=record.pk).first()
        if record is None:
            raise Refused(f"The {step.resource.noun} is out of the owner's reach.", code="no_record")
        version = getattr(record, "version", None)
        if step.action.kind == "change":
            data = {**current_input(step.action, record), **given}
    try:
        done = perform(
            step.action,
            row=step.resource.row,
            noun=step.resource.noun,
            actor=actor,
            data=data,
            record=record,
            version=version,
            own=step.resource.own,
        )
    except FormRefused as error:
        raise _at_its_input(error) from error
    return given, done if isinstance(done, models.Model) else record


def _at_its_input(error: FormRefused) -> Refused:
    """Where a person would see the complaint at its field, a log of runs has to name the field."""
    if error.field is None:
        return error
    label = label_of(error.field, error.form.fields[error.field])
    return Refused(f"{label}: {error.message}", code=error.code, field=error.field, details=error.details)


def label_of(name: str, field: Any) -> str:
    return str(field.label or name.replace("_", " ").capitalize())


def help_of(field: Any) -> str:
    """The field's own help, and what may be chosen: an input is typed, since it may hold places and formulas."""
    if isinstance(field, RecordField | RecordsField):
        return str(field.help_text)
    choices = [(key, label) for key, label in getattr(field, "choices", ()) if key not in ("", None)]
    if not 0 < len(choices) <= MOST_CHOICES:
        return str(field.help_text)
    listed = ", ".join(str(label) if str(key) == str(label) else f"{key} ({label})" for key, label in choices)
    return f"{field.help_text} {gettext('One of')}: {listed}".strip()
