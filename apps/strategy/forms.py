"""Inputs of the strategy verbs."""

from __future__ import annotations

from django import forms

from apps.core.actions.fields import ActionForm, form_for
from apps.strategy.models import Initiative, KeyResult, Objective, ScanItem

OBJECTIVE_FIELDS = (
    "code",
    "title",
    "why",
    "level",
    "perspective",
    "department",
    "owner",
    "parent",
    "weight",
    "starts_on",
    "ends_on",
)
RESULT_FIELDS = ("title", "weight", "kpi", "grain", "unit", "start_value", "target_value")
INITIATIVE_FIELDS = ("title", "owner", "state", "starts_on", "due_on", "progress", "note")
SCAN_FIELDS = (
    "title",
    "kind",
    "source",
    "seen_on",
    "expected_on",
    "impact",
    "likelihood",
    "meaning",
    "response",
    "department",
    "owner",
    "objective",
    "state",
)
ObjectiveForm = form_for(Objective, OBJECTIVE_FIELDS)
KeyResultForm = form_for(KeyResult, ("objective", *RESULT_FIELDS))
ChangeKeyResultForm = form_for(KeyResult, RESULT_FIELDS)
InitiativeForm = form_for(Initiative, ("objective", *INITIATIVE_FIELDS))
ChangeInitiativeForm = form_for(Initiative, INITIATIVE_FIELDS)
ScanItemForm = form_for(ScanItem, SCAN_FIELDS)


class ValueForm(ActionForm):
    """A value reported by a person."""

    value = forms.DecimalField(max_digits=20, decimal_places=6, label="Value now")
