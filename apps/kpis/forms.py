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
from apps.kpis.models import Definition, Target
from apps.org.models import Department

DEFINITION_FIELDS = (
    "code",
    "name",
    "unit",
    "rule",
    "direction",
    "grain",
    "factor",
    "decimals",
    "department",
    "owner",
    "description",
    "on_overview",
    "position",
)
DefinitionForm = form_for(Definition, DEFINITION_FIELDS)
TargetForm = form_for(
    Target, ("kpi", "department", "per", "valid_from", "target", "amber", "upper_target", "upper_amber")
)
ChangeTargetForm = form_for(
    Target, ("per", "valid_from", "valid_until", "target", "amber", "upper_target", "upper_amber")
)


class MomentField(forms.CharField):
    """A date or a date with time; without a zone it is the company's local time, a date alone is its midnight."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        local = ZoneInfo(settings.SITE_TIME_ZONE)
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
