"""Inputs of the report verbs."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.core.actions.fields import ActionForm
from apps.core.errors import Refused
from apps.core.values import Period


def this_week() -> str:
    return Period.containing(timezone.now(), ZoneInfo(settings.SITE_TIME_ZONE), "week").key


class ReportForm(ActionForm):
    """Which week, and the words of the person who answers for it."""

    period_key = forms.CharField(max_length=8, label="Week", initial=this_week, help_text="Such as 2026-W47")
    commentary = forms.CharField(
        required=False,
        widget=forms.Textarea,
        max_length=600,
        label="Verdict",
        help_text="Two sentences. Empty: made from the figures",
    )
    decisions = forms.CharField(
        required=False, widget=forms.Textarea, max_length=2000, label="Decisions needed", help_text="One per line"
    )

    def clean_period_key(self) -> str:
        text = str(self.cleaned_data["period_key"]).strip()
        try:
            period = Period.parse(text, ZoneInfo(settings.SITE_TIME_ZONE))
        except (Refused, ValueError) as error:
            raise ValidationError(f"'{text}' is no week. Write it like 2026-W47.") from error
        if period.grain != "week":
            raise ValidationError("This report covers one week. Write it like 2026-W47.")
        return text
