"""Inputs of the rule verbs; the definition has a page of its own and travels through files and the API as JSON."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.core.actions.fields import ActionForm, form_for
from apps.workflows.models import Rule

SETTINGS = ("max_at_once", "max_per_minute", "expect_every_hours")
_Automatic = form_for(Rule, ("code", "name", "department", "description", "definition", *SETTINGS))
_AutomaticChange = form_for(Rule, ("name", "description", "definition", *SETTINGS))


class _OffScreen:
    """The definition is edited on its page; here it rides along unseen. What is left out keeps its default."""

    fields: dict[str, Any]

    def hide(self) -> None:
        self.fields["definition"].widget = forms.HiddenInput()
        self.fields["definition"].required = False
        for name in SETTINGS[:2]:
            self.fields[name].required = False

    def settings_given(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        left_out = [name for name in SETTINGS[:2] if cleaned.get(name) is None]
        return {name: value for name, value in cleaned.items() if name not in left_out}


class RuleForm(_OffScreen, _Automatic):  # type: ignore[misc, valid-type]
    """A new rule."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hide()

    def clean(self) -> dict[str, Any]:
        return self.settings_given(super().clean() or self.cleaned_data)


class ChangeRuleForm(_OffScreen, _AutomaticChange):  # type: ignore[misc, valid-type]
    """What surrounds the definition."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hide()

    def clean(self) -> dict[str, Any]:
        return self.settings_given(super().clean() or self.cleaned_data)


class SwitchOnForm(ActionForm):
    """Switching on a version that was never dry-run needs a second look."""

    anyway = forms.BooleanField(
        required=False,
        label="Switch on without a dry run",
        help_text="Only needed when this version was never dry-run",
    )


class DryRunForm(ActionForm):
    """How far to look back."""

    days = forms.IntegerField(min_value=1, max_value=90, initial=7, label="Days to look back", required=False)

    def clean_days(self) -> int:
        return self.cleaned_data.get("days") or 7


class ReplayForm(ActionForm):
    """From where, and with which version."""

    from_start = forms.BooleanField(
        required=False,
        label="From the start",
        help_text="A new run does every step again. Empty: go on at the failed step",
    )
    current = forms.BooleanField(
        required=False, label="With the present version of the rule", help_text="Empty: the version the run had"
    )
