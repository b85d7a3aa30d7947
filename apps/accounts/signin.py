"""The sign-in form in our own words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django.conf import settings


class SignInForm(LoginForm):
    """Allauth's form; only its words are ours."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Sign-in name or e-mail"
        for name in ("login", "password"):
            self.fields[name].widget.attrs.pop("placeholder", None)
        if not settings.EMAIL_HOST:
            self.fields["password"].help_text = "Forgotten? Ask your admin for a set-password link."
