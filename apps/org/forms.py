"""Inputs of the organisation's verbs, where the automatic form is not enough."""

from __future__ import annotations

from zoneinfo import available_timezones

from babel.numbers import list_currencies
from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.core.access import matrix
from apps.core.actions.fields import ActionForm, RecordField, RecordsField, form_for
from apps.org.models import Calendar, Department, Holiday, Site, Team


def known_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"'{name}' is no time zone. Write it like Europe/Stockholm.")


def known_currency(code: str) -> None:
    if code not in list_currencies():
        raise ValidationError(f"'{code}' is no currency code. Write it like EUR.")


class SiteForm(form_for(Site, ("code", "name", "city", "country", "time_zone", "currency", "calendar"))):  # type: ignore[misc]
    """A site's facts; zone and currency must exist."""

    time_zone = forms.CharField(initial="UTC", validators=[known_zone], help_text="Such as Europe/Stockholm")
    currency = forms.CharField(initial="EUR", max_length=3, validators=[known_currency], help_text="Such as EUR")


class CalendarForm(form_for(Calendar, ("code", "name", "time_zone", "hours"))):  # type: ignore[misc]
    """Working hours; seven days, each a list of start and end."""

    time_zone = forms.CharField(initial="UTC", validators=[known_zone], help_text="Such as Europe/Stockholm")
    hours = forms.JSONField(
        required=False,
        help_text='Monday first, one list per day: [[["06:00","14:00"]], [["06:00","14:00"]], [], [], [], [], []]',
    )

    def clean_hours(self) -> list[list[list[str]]]:
        hours = self.cleaned_data["hours"] or []
        if not isinstance(hours, list) or len(hours) not in {0, 7}:
            raise ValidationError("Give seven days, Monday first; an empty list is a day off.")
        for day in hours:
            if not isinstance(day, list) or not all(_is_span(span) for span in day):
                raise ValidationError('Each day is a list of ["06:00", "14:00"] pairs, the end after the start.')
        return hours


def _is_span(span: object) -> bool:
    if not (isinstance(span, list) and len(span) == 2 and all(isinstance(one, str) for one in span)):
        return False
    parts = [one.split(":") for one in span]
    if not all(len(part) == 2 and all(p.isdigit() for p in part) for part in parts):
        return False
    start, end = (int(hour) * 60 + int(minute) for hour, minute in parts)
    return 0 <= start < end <= 24 * 60


HolidayForm = form_for(Holiday, ("calendar", "day", "name"))


class OpenDepartmentForm(ActionForm):
    """A new department and its place in the tree."""

    code = forms.CharField(max_length=20)
    name = forms.CharField(max_length=80)
    parent = RecordField(Department, required=False, help_text="Empty for the company itself")
    site = RecordField(Site, required=False)


DepartmentForm = form_for(Department, ("code", "name", "site"))


class MoveDepartmentForm(ActionForm):
    """A new parent from a date on."""

    parent = RecordField(Department, required=False)
    valid_from = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}), help_text="First day below the new parent"
    )


class TeamForm(form_for(Team, ("code", "name", "department", "lead"))):  # type: ignore[misc]
    """A team of one department."""


class TeamMembersForm(ActionForm):
    """Exactly these people."""

    users = RecordsField(User, required=False, label="People")


class GrantRoleForm(ActionForm):
    """Who, which role, where, from when until when."""

    user = RecordField(User, label="Person")
    role = forms.ChoiceField(choices=[(code, name) for code, name in matrix.ROLES.items() if code != "TOK"])
    department = RecordField(Department)
    valid_from = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    valid_until = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="First day without the role"
    )


class EndRoleForm(ActionForm):
    """The first day without the role."""

    on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="Ends on")


class DelegateForm(ActionForm):
    """A stand-in for some days."""

    principal = RecordField(User, label="For whom")
    substitute = RecordField(User, label="Stand-in")
    valid_from = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    valid_until = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}), help_text="First day without the stand-in"
    )
    reason = forms.CharField(max_length=200, required=False)
