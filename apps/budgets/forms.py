"""Inputs of the verbs of budgets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from apps.budgets.models import Category, Line, Plan, Rate, Saving, Synonym, Transfer
from apps.core.actions.fields import ActionForm, RecordField, form_for

CATEGORY_FIELDS = ("code", "name", "nature", "parent", "quality")
PLAN_FIXED = ("department", "owner", "fiscal_year", "starts_on", "rhythm")
PLAN_RULES = ("warn_at", "over_at", "period_check", "to_date_check", "year_check", "tolerance")
PLAN_FIELDS = ("name", *PLAN_FIXED, "period_ends", "currency", *PLAN_RULES, "code")
LINE_FIELDS = (
    "department",
    "category",
    "site",
    "project",
    "owner",
    "spread",
    "total",
    "weights",
    "quantity",
    "rate",
    "unit",
    "output",
    "note",
    "code",
)
SAVING_FIELDS = ("title", "kind", "rhythm", "baseline", "expected", "starts_on", "ends_on", "owner", "code")
CategoryForm = form_for(Category, CATEGORY_FIELDS)
RateForm = form_for(Rate, ("currency", "into", "valid_from", "rate"))
LineForm = form_for(Line, ("plan", *LINE_FIELDS))
ChangeLineForm = form_for(Line, LINE_FIELDS)
TransferForm = form_for(Transfer, ("from_line", "to_line", "amount", "on", "reason"))
SavingForm = form_for(Saving, ("line", *SAVING_FIELDS))
ChangeSavingForm = form_for(Saving, SAVING_FIELDS)
SynonymForm = form_for(Synonym, ("field", "text", "means"))
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DaysField(forms.CharField):
    """Several days, separated by spaces, commas or lines."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return " ".join(f"{one}" for one in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(self.prepare_value(value)) or ""
        words = re.split(r"[^0-9-]+", text)
        try:
            return [date.fromisoformat(word) for word in words if word]
        except ValueError as error:
            raise forms.ValidationError("Write each day like 2026-11-24.") from error


def _plan_form(names: Sequence[str]) -> type[ActionForm]:
    """The model's own fields, with the ends of its periods where they belong."""
    made = form_for(Plan, tuple(name for name in names if name != "period_ends"))
    days = DaysField(
        label="Last days of the periods",
        required=False,
        max_length=2000,
        help_text="Only for periods of your own, such as 2026-01-29 2026-03-01. Empty: as chosen above",
    )
    made.base_fields = {name: days if name == "period_ends" else made.base_fields[name] for name in names}
    return made


PlanForm = _plan_form(PLAN_FIELDS)


class ReviseForm(ActionForm):
    """Which version to begin."""

    version_kind = forms.ChoiceField(
        label="Version", choices=[one for one in Plan.Version.choices if one[0] != "original"], initial="revised"
    )
    name = forms.CharField(max_length=120, required=False, help_text="Empty: the budget's name with a number")


class CloseForm(ActionForm):
    """Through which day."""

    through = forms.DateField(label="Closed through", widget=DAY, help_text="An earlier day opens periods again")


class SpendForm(ActionForm):
    """An actual entered by hand."""

    line = RecordField(Line, label="Line")
    amount = forms.DecimalField(max_digits=20, decimal_places=4, help_text="Below zero for a credit")
    currency = forms.CharField(max_length=3, required=False, help_text="Empty: the currency of the budget")
    on = forms.DateField(label="Day", widget=DAY)
    document = forms.CharField(max_length=80, help_text="Such as the number of an invoice")
    quantity = forms.DecimalField(max_digits=20, decimal_places=6, required=False, help_text="In the line's unit")


class ReverseForm(ActionForm):
    """Why an actual is taken back."""

    reason = forms.CharField(max_length=300)


class ExplainForm(ActionForm):
    """Why a line is off its budget."""

    period = forms.IntegerField(min_value=1, label="Through period")
    text = forms.CharField(label="Why", widget=forms.Textarea(attrs={"rows": 3}))
    output = forms.DecimalField(
        max_digits=20,
        decimal_places=6,
        required=False,
        min_value=0,
        label="Output made so far",
        help_text="Splits the variance of a line with a planned output into volume and efficiency",
    )


class JudgeForm(ActionForm):
    """What finance says to a saving."""

    verdict = forms.ChoiceField(choices=[("valid", "Validated"), ("rejected", "Rejected")])
    finding = forms.CharField(max_length=300, required=False, help_text="Needed to reject")
