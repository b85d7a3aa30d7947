"""The rows of a list, and which of their cells can be changed in place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.urls import reverse

from apps.core.actions.action import Action, allowed
from apps.core.actions.fields import RecordField
from apps.core.resources.resource import Column, Resource
from apps.core.web import cells
from apps.core.web import pagemodel as pm

ONE_LINE = (forms.CharField, forms.IntegerField, forms.DecimalField, forms.DateField, forms.ChoiceField)
TOO_MUCH = (forms.JSONField, forms.MultipleChoiceField, RecordField)


@dataclass(frozen=True)
class Editing:
    """What of a list this person may change in place."""

    action: Action | None = None
    fields: frozenset[str] = frozenset()


def editing(resource: Resource, columns: tuple[Column, ...], user: Any) -> Editing:
    """Columns that are fields of the noun's own change form and fit on one line; the first one leads to the record."""
    change = resource.action_of_kind("change")
    if change is None or change.fresh or not resource.may(user, change.verb):
        return Editing()
    fields = change.form.base_fields
    return Editing(change, frozenset(one.name for one in columns[1:] if _fits(fields.get(one.name))))


def _fits(field: forms.Field | None) -> bool:
    if not isinstance(field, ONE_LINE) or isinstance(field, TOO_MUCH):
        return False
    return not field.widget.is_hidden and not isinstance(field.widget, forms.Textarea | forms.MultiWidget)


def list_row(
    record: Any,
    columns: tuple[Column, ...],
    resource: Resource,
    user: Any,
    edits: Editing,
) -> pm.Row:
    made = [cells.cell(one, record, resource, user, first=index == 0) for index, one in enumerate(columns)]
    form_url = ""
    change = edits.action
    if change is not None and edits.fields and allowed(change, resource.row, user, record, own=resource.own):
        form_url = reverse("act", args=[resource.path, record.pk, change.name])
        for index, one in enumerate(columns):
            if one.name in edits.fields and made[index].kind != "link":
                made[index] = replace(made[index], edit_url=f"{resource.url(record)}cells/{one.name}/")
    return pm.Row(
        str(record.pk),
        resource.url(record),
        tuple(made),
        title=resource.title(record),
        form_url=form_url,
    )
