"""The sign-in library's forms for second factors, in our words."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm


class PasskeyForm(AddWebAuthnForm):
    """A passkey signs in alone unless its owner says otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name"
        self.fields["name"].help_text = "Such as the device it lives in, so that you can tell your passkeys apart"
        alone = self.fields["passwordless"]
        alone.label = "Sign in with it alone"
        alone.help_text = "It asks for your finger, face or PIN. Without this it only follows the password."
        alone.initial = True
