"""Inputs of the KPI verbs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.core.actions.fields import ActionForm, RecordField, form_for
from apps.core.metrics import metrics
from apps.kpis.models import Definition, Origin, Rebaseline, Target, Watch
from apps.org.models import Department

DEFINITION_FIELDS = (
    "code",
    "name",
    "origin",
    "unit",
    "rule",
    "quantile",
    "across",
    "formula",
    "metric",
    "direction",
    "grain",
    "factor",
    "decimals",
    "department",
    "owner",
    "description",
    "on_overview",
    "position",
    "signal_rules",
    "baseline_points",
)
_AutomaticDefinitionForm = form_for(Definition, DEFINITION_FIELDS)
TARGET_LIMITS = ("target", "amber", "upper_target", "upper_amber", "stretch", "season")
TargetForm = form_for(Target, ("kpi", "department", "per", "valid_from", *TARGET_LIMITS))
ChangeTargetForm = form_for(Target, ("per", "valid_from", "valid_until", *TARGET_LIMITS))
WATCH_FIELDS = (
    "kind",
    "grain",
    "side",
    "limit",
    "clear_limit",
    "open_after",
    "clear_after",
    "notify",
    "escalate_to",
    "escalate_after_hours",
)
WatchForm = form_for(Watch, ("kpi", "department", *WATCH_FIELDS))
ChangeWatchForm = form_for(Watch, WATCH_FIELDS)
RebaselineForm = form_for(Rebaseline, ("kpi", "department", "starts_on", "reason"))
ChangeRebaselineForm = form_for(Rebaseline, ("starts_on", "reason"))


class DefinitionForm(_AutomaticDefinitionForm):  # type: ignore[misc, valid-type]
    """A new KPI; the figures of the platform are chosen from those the apps offer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = sorted((metric.name, metric.label) for metric in metrics)
        self.fields["metric"] = forms.ChoiceField(
            label="Figure of the platform",
            required=False,
            choices=[("", "—"), *offered],
            help_text=self.fields["metric"].help_text,
        )
        self.fields["origin"].required = False

    def clean_origin(self) -> str:
        return self.cleaned_data["origin"] or Origin.READINGS


class ChangeDefinitionForm(DefinitionForm):
    """A changed KPI; a new way of computing counts from a day on."""

    applies_from = forms.DateField(
        required=False,
        label="New way of computing counts from",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Empty: from today. Older periods keep the former way until somebody restates the KPI",
    )


class RestateForm(ActionForm):
    """Compute older periods anew."""

    applies_from = forms.DateField(
        required=False,
        label="From",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="First day to which the present way of computing should count. Empty: from the beginning",
    )
    reason = forms.CharField(max_length=300, help_text="Kept in the audit trail and shown beside the values")


class AcknowledgeForm(ActionForm):
    """Taking charge of an alert."""

    note = forms.CharField(max_length=300, required=False, help_text="What you will do")


class MomentField(forms.CharField):
    """A date or a date with time; without a zone it is the company's local time, a date alone is its midnight."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        local = ZoneInfo(settings.TIME_ZONE)
        try:
            found = parse_datetime(text) or datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None:
            raise ValidationError(f"'{text}' is no date. Write 2026-11-24 or 2026-11-24 14:00.")
        return found if timezone.is_aware(found) else found.replace(tzinfo=local)


class ReadingForm(ActionForm):
    """One measured value."""

    kpi = RecordField(Definition, label="KPI")
    department = RecordField(Department)
    at = MomentField(label="Time", help_text="2026-11-24 or 2026-11-24 14:00, company time")
    value = forms.DecimalField(max_digits=24, decimal_places=6, help_text="For a ratio: the numerator")
    weight = forms.DecimalField(
        max_digits=24, decimal_places=6, required=False, help_text="Only for a ratio: the denominator"
    )


class SnoozeForm(ActionForm):
    """Quiet until a time."""

    until = MomentField(label="Until", help_text="2026-11-24 or 2026-11-24 14:00, company time")


class CloseAlertForm(ActionForm):
    """Closing an alert by hand."""

    note = forms.CharField(max_length=300, label="Reason", help_text="Kept with the alert")
