"""Inputs of the verbs on accounts."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.actions.fields import ActionForm

SIGN_IN_NAME = RegexValidator(r"^[\w.@+-]+\Z", "Use letters, digits and . @ + - _ only.")


AREAS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
PLACES = ["UTC", *sorted(name for name in available_timezones() if name.startswith(AREAS))]


def known_zone_or_empty(name: str) -> None:
    if name and name not in available_timezones():
        raise ValidationError(f"'{name}' is no time zone. Write it like Europe/Stockholm.")


class UserForm(ActionForm):
    """Who the person is."""

    username = forms.CharField(max_length=150, label="Sign-in name", validators=[SIGN_IN_NAME])
    first_name = forms.CharField(max_length=150, required=False)
    last_name = forms.CharField(max_length=150, required=False)
    email = forms.EmailField(required=False, label="E-mail")
    title = forms.CharField(max_length=80, required=False, label="Job title")
    time_zone = forms.CharField(
        max_length=60, required=False, validators=[known_zone_or_empty], help_text="Empty: the site's"
    )


class PreferencesForm(ActionForm):
    """How the platform looks for me."""

    language = forms.ChoiceField(required=False, choices=[("", _("As my browser")), *settings.LANGUAGES])
    theme = forms.ChoiceField(choices=[(key, _(words)) for key, words in User.Theme.choices])
    density = forms.ChoiceField(choices=[(key, _(words)) for key, words in User.Density.choices], label="Row height")
    single_keys = forms.BooleanField(required=False, label="Single-key shortcuts")
    time_zone = forms.ChoiceField(
        required=False,
        choices=[("", _("The site's")), *((name, name) for name in PLACES)],
        error_messages={"invalid_choice": "'%(value)s' is no time zone. Write it like Europe/Stockholm."},
    )


class TokenForm(ActionForm):
    """What another system may do for me, until when."""

    name = forms.CharField(max_length=80, help_text="Which system uses it")
    scopes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, help_text="Only what it needs")
    days = forms.IntegerField(min_value=1, max_value=365, initial=90, label="Days until it expires")
    networks = forms.CharField(required=False, help_text="Such as 10.1.0.0/16, comma separated. Empty: from anywhere")

    def clean_networks(self) -> list[str]:
        return [one.strip() for one in self.cleaned_data["networks"].split(",") if one.strip()]
