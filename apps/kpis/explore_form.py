"""The choices of the explore page as one form, which the screen shows and the API checks with."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from apps.core.actions.fields import ActionForm, RecordField, RecordsField
from apps.core.errors import Refused
from apps.kpis.explore import MOST_KPIS, MOST_PERIODS, USUAL_POINTS, Question
from apps.kpis.models import Definition
from apps.org.models import Department

NAMES = ("kpi", "split", "period", "compare", "points", "start", "end", "department")
SPLITS = (("", "Nothing"), ("department", "Department"), ("site", "Site"))
PERIODS = (("", "As measured"), ("hour", "Hour"), ("day", "Day"), ("week", "Week"), ("month", "Month"))
COMPARES = (("", "Nothing"), ("previous", "The periods before"), ("year", "The same periods last year"))


def _choice(label: str, choices: tuple[tuple[str, str], ...], help_text: str = "") -> forms.ChoiceField:
    words = ", ".join(name for name, _ in choices if name)
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=False,
        help_text=help_text,
        error_messages={"invalid_choice": f"'%(value)s' is not offered here. Choose one of {words}, or none."},
    )


def _date(label: str, help_text: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=help_text,
        error_messages={"invalid": "Enter a date such as 2026-11-24."},
    )


class ExploreForm(ActionForm):
    """Which KPIs, split how, over which periods, compared with what."""

    kpi = RecordsField(
        Definition,
        label="KPIs",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one KPI.",
            "invalid_choice": "There is no KPI '%(value)s' that you may read. Choose from the list.",
            "invalid_pk_value": "There is no KPI '%(pk)s' that you may read. Choose from the list.",
            "invalid_list": "Choose KPIs from the list.",
        },
    )
    split = _choice("Split by", SPLITS)
    period = _choice("Period", PERIODS, "All lines share the coarsest period.")
    compare = _choice("Compare with", COMPARES)
    points = forms.IntegerField(
        label="Number of periods",
        required=False,
        min_value=1,
        max_value=MOST_PERIODS,
        help_text="Counts when no first day is set.",
        widget=forms.NumberInput(attrs={"placeholder": USUAL_POINTS}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), f"Enter a whole number from 1 to {MOST_PERIODS}."
        ),
    )
    start = _date("First day", "Empty for the number of periods.")
    end = _date("Last day", "Empty for the newest complete period.")
    department = RecordField(
        Department,
        label="Only department",
        required=False,
        empty_label="All you may read",
        error_messages={"invalid_choice": "There is no such department that you may read."},
        help_text="This one and those below it.",
    )

    def clean_kpi(self) -> list[Definition]:
        chosen = {one.pk: one for one in self.cleaned_data["kpi"]}
        if len(chosen) > MOST_KPIS:
            raise forms.ValidationError(f"Choose at most {MOST_KPIS} KPIs.")
        keys = [int(text) for text in self.data.getlist("kpi")]  # type: ignore[attr-defined]
        return [chosen[key] for key in dict.fromkeys(keys)]

    def clean_start(self) -> date | None:
        return self._near(self.cleaned_data["start"])

    def clean_end(self) -> date | None:
        return self._near(self.cleaned_data["end"])

    def _near(self, day: date | None) -> date | None:
        if day is not None and not 1970 < day.year < 2200:
            raise forms.ValidationError("Enter a day between 1971 and 2199.")
        return day

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = found.get("start"), found.get("end")
        if start and end and start > end:
            self.add_error("start", "The first day is after the last day.")
        return found

    def question(self) -> Question:
        """What was asked; refuses the first wrong choice by its field."""
        for name, problems in self.errors.items():
            raise Refused(str(problems[0]), code="bad_filter", field=name)
        found = self.cleaned_data
        return Question(
            kpis=tuple(found["kpi"]),
            split=found["split"],
            grain=found["period"],
            points=found["points"] or USUAL_POINTS,
            start=found["start"],
            end=found["end"],
            compare=found["compare"],
            department=found["department"],
        )


def address_of(params: QueryDict) -> str:
    """The choices as an address query in one order, without what is left open: equal questions read the same."""
    return urlencode([(name, value) for name in NAMES for value in params.getlist(name)[:50] if value])
