"""Inputs of the decision verbs; the table itself has a page of its own and travels through files and the API as JSON."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.core.actions.fields import ActionForm, form_for
from apps.workflows.models import Decision

FIELDS = ("code", "name", "department", "owner", "description", "table", "cases")
_Automatic = form_for(Decision, FIELDS)
_AutomaticChange = form_for(Decision, FIELDS[1:])


class _OffScreen:
    """The grid is edited on its page; here it rides along unseen."""

    fields: dict[str, Any]

    def hide(self) -> None:
        for name in ("table", "cases"):
            self.fields[name].widget = forms.HiddenInput()
            self.fields[name].required = False


class DecisionForm(_OffScreen, _Automatic):  # type: ignore[misc, valid-type]
    """A new decision."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hide()


class ChangeDecisionForm(_OffScreen, _AutomaticChange):  # type: ignore[misc, valid-type]
    """What surrounds the table."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hide()


class TakeBackForm(ActionForm):
    """Which earlier version becomes the draft."""

    number = forms.IntegerField(min_value=1, label="Version", help_text="The draft of now is replaced")
