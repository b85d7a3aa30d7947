"""The password policy: length and no context words; no composition rules, no rotation."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

MINIMUM = 15
MAXIMUM = 256


class Length:
    """At least 15 characters (a sentence is easy to remember), at most 256."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < MINIMUM:
            raise ValidationError(
                f"Use at least {MINIMUM} characters; this one has {len(password)}. Four or five words make a good one.",
                code="password_too_short",
            )
        if len(password) > MAXIMUM:
            raise ValidationError(f"Use at most {MAXIMUM} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        return f"At least {MINIMUM} characters. Four or five words make a good password."


class ContextWords:
    """Refuses passwords made of the person's own name or of the product's."""

    def validate(self, password: str, user: Any = None) -> None:
        words = {"opsplatform"}
        for name in ("username", "first_name", "last_name", "email"):
            value = str(getattr(user, name, "") or "").split("@")[0].lower()
            if len(value) >= 4:
                words.add(value)
        rest = password.lower()
        for word in words:
            rest = rest.replace(word, "")
        repeated = password.lower() in (password.lower() * 2)[1:-1]
        if repeated or len(set(rest)) < 5:
            raise ValidationError(
                "This password is mostly a name or a repetition. Add a few unrelated words.",
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        return "Not your own name and nothing repeated."
