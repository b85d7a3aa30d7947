"""Inputs of the report verbs."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.core.actions.fields import ActionForm, form_for
from apps.core.errors import Refused
from apps.core.values import Period
from apps.reports.models import Pack, Promise, Recipient
from apps.reports.parts import chosen


def this_week() -> str:
    return Period.containing(timezone.now(), ZoneInfo(settings.TIME_ZONE), "week").key


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
            period = Period.parse(text, ZoneInfo(settings.TIME_ZONE))
        except (Refused, ValueError) as error:
            raise ValidationError(f"'{text}' is no week. Write it like 2026-W47.") from error
        if period.grain != "week":
            raise ValidationError("This report covers one week. Write it like 2026-W47.")
        return text


PACK_FIELDS = (
    "code",
    "title",
    "department",
    "owner",
    "cadence",
    "layout",
    "sections",
    "needs_sign_off",
    "rrule",
    "site",
    "on_holiday",
)
PackForm = form_for(Pack, PACK_FIELDS)
RecipientForm = form_for(Recipient, ("pack", "person", "channel"))
ChangeRecipientForm = form_for(Recipient, ("channel",))
_AutomaticPromiseForm = form_for(Promise, ("pack", "period_key", "action", "owner", "due_on", "state", "result"))
ChangePromiseForm = form_for(Promise, ("action", "owner", "due_on", "state", "result"))


class PromiseForm(_AutomaticPromiseForm):  # type: ignore[misc, valid-type]
    """A promise; it is open unless said otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].required = False

    def clean_state(self) -> str:
        return self.cleaned_data["state"] or Promise.State.OPEN


class RunPackForm(ActionForm):
    """Which period, and the words of the person who answers for it."""

    period_key = forms.CharField(
        max_length=12,
        required=False,
        label="Period",
        help_text="Such as 2026-W47 or 2026-11. Empty: the last whole one",
    )
    commentary = forms.CharField(required=False, widget=forms.Textarea, max_length=600, label="Verdict")
    decisions = forms.CharField(
        required=False, widget=forms.Textarea, max_length=2000, label="Decisions needed", help_text="One per line"
    )


class CommentForm(ActionForm):
    """Words for one section of a draft."""

    section = forms.CharField(max_length=40, label="Section", widget=forms.Select)
    text = forms.CharField(required=False, widget=forms.Textarea, max_length=3000, label="Commentary")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = {source.name: source.title or source.name for source in chosen(_sections_of(self.record))}
        self.fields["section"].widget.choices = list(self.sections.items())  # type: ignore[attr-defined]

    def clean_section(self) -> str:
        name = str(self.cleaned_data["section"])
        if name not in self.sections:
            raise ValidationError(f"This report has no section “{name}”. Choose from: {', '.join(self.sections)}.")
        return name


def _sections_of(run: Any) -> list[str]:
    pack = getattr(run, "pack", None)
    return pack.section_names if pack else []


class WordsForm(ActionForm):
    """Verdict and decisions of a draft."""

    commentary = forms.CharField(required=False, widget=forms.Textarea, max_length=600, label="Verdict")
    decisions = forms.CharField(
        required=False, widget=forms.Textarea, max_length=2000, label="Decisions needed", help_text="One per line"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.record is not None:
            self.fields["commentary"].initial = self.record.commentary
            self.fields["decisions"].initial = self.record.decisions
