"""Inputs of comments and of the preference page."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from apps.comms import choices
from apps.comms.models import (
    Announcement,
    Escalation,
    EscalationPolicy,
    EscalationStep,
    NoticeSettings,
    ShiftEntry,
    ShiftTakeover,
    TierBoard,
    TierIssue,
    TierMark,
)
from apps.core.actions.fields import ActionForm, form_for

ANNOUNCEMENT_FIELDS = (
    "title",
    "text",
    "department",
    "site",
    "role",
    "starts_on",
    "ends_on",
    "must_read",
    "remind_after_days",
)
ENTRY_FIELDS = ("department", "day", "shift", "topic", "text", "open")
TAKEOVER_FIELDS = ("department", "day", "shift", "note")
AnnouncementForm = form_for(Announcement, ANNOUNCEMENT_FIELDS)
EntryForm = form_for(ShiftEntry, ENTRY_FIELDS)
CorrectEntryForm = form_for(ShiftEntry, ("topic", "text", "open"))
TakeoverForm = form_for(ShiftTakeover, TAKEOVER_FIELDS)


BOARD_FIELDS = (
    "name",
    "department",
    "tier",
    "above",
    "lead",
    "safety",
    "quality",
    "delivery",
    "cost",
    "people",
)
MARK_FIELDS = ("board", "topic", "day", "tone", "note")
ISSUE_FIELDS = ("topic", "text", "owner", "due_on")
POLICY_FIELDS = ("name", "department", "owner", "starts_with", "ends_with")
STEP_FIELDS = ("position", "after_minutes", "kind", "person", "role", "team")
PolicyForm = form_for(EscalationPolicy, POLICY_FIELDS)
StepForm = form_for(EscalationStep, ("policy", *STEP_FIELDS))
ChangeStepForm = form_for(EscalationStep, STEP_FIELDS)
EscalateForm = form_for(Escalation, ("policy", "about", "why"))
BoardForm = form_for(TierBoard, BOARD_FIELDS)
MarkForm = form_for(TierMark, MARK_FIELDS)
IssueForm = form_for(TierIssue, ("origin", *ISSUE_FIELDS))
ChangeIssueForm = form_for(TierIssue, ISSUE_FIELDS)


class ReasonForm(ActionForm):
    """Why an issue goes to another tier."""

    reason = forms.CharField(max_length=300, help_text="The people there read it first")


class CloseForm(ActionForm):
    """How an open point ended."""

    outcome = forms.CharField(max_length=300, label="What was done")


class CommentForm(forms.Form):
    """A comment as plain text; names after @ are offered while typing where scripts run."""

    text = forms.CharField(
        label="Comment",
        max_length=4000,
        help_text="@name calls a person, @DEPARTMENT/TEAM a team. Plain text; addresses become links.",
        widget=forms.Textarea(attrs={"rows": 2, "data-mentions": "", "autocomplete": "off"}),
    )
    form_token = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput, initial=lambda: uuid4().hex)


class RhythmForm(forms.Form):
    """When the digest leaves and when nothing may."""

    digest_hour = forms.TypedChoiceField(
        label="Digest leaves at",
        choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
        coerce=int,
        help_text="In your own time zone; only on days with something in it",
    )
    quiet_from = forms.TimeField(
        label="Quiet from", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label="Quiet until",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="Mail and push wait until then. May run past midnight, as a night shift does",
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors and (values.get("quiet_from") is None) != (values.get("quiet_until") is None):
            self.add_error("quiet_until", "Give both ends of the quiet hours, or neither.")
        return values


def grid_rows(row: NoticeSettings) -> list[dict[str, Any]]:
    """The preference grid as the page shows it: a row per kind, a choice per channel."""
    return [
        {
            "kind": kind,
            "label": label,
            "cells": [
                {
                    "name": f"{kind}.{channel}",
                    "label": f"{label}: {choices.CHANNELS[channel]}",
                    "chosen": choices.choice(row.grid, kind, channel),
                    "options": [(how, choices.HOW[how]) for how in choices.POSSIBLE[channel]],
                }
                for channel in choices.CHANNELS
            ],
        }
        for kind, label in choices.KINDS.items()
    ]


def read_grid(data: Any) -> dict[str, dict[str, str]]:
    """The posted grid; what a page does not send keeps its default."""
    return {
        kind: {
            channel: data.get(f"{kind}.{channel}") or choices.DEFAULTS[kind][channel] for channel in choices.CHANNELS
        }
        for kind in choices.KINDS
    }
