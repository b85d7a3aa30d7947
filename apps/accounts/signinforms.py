"""The sign-in library's password forms with our labels and no placeholders that repeat them."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from django.conf import settings

LABELS = {
    "email": "E-mail",
    "oldpassword": "Current password",
    "password1": "New password",
    "password2": "New password again",
}


class _OurWords:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class ChangePasswordForm(_OurWords, forms.ChangePasswordForm):
    """A new password for somebody who knows the current one."""


class ForgottenPasswordForm(_OurWords, forms.ResetPasswordForm):
    """Where to send a set-password link."""

    @property
    def mail_is_set_up(self) -> bool:
        return bool(settings.EMAIL_HOST)


class SetPasswordForm(_OurWords, forms.ResetPasswordKeyForm):
    """A new password for somebody who holds a link."""
