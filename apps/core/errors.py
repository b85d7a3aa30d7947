"""The one way a service says no, so that screen, API and import report the same sentence at the same field."""

from __future__ import annotations


class Refused(Exception):
    """A rule of the business said no.

    `message` is in the user's words and says what to do; `code` is stable for API clients;
    `field` names the input at fault, if one is; `details` carries per-row or per-field facts.
    """

    def __init__(
        self, message: str, *, code: str, field: str | None = None, details: dict[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field
        self.details = details or {}


class Conflict(Refused):
    """Somebody else changed the record first."""

    def __init__(
        self, message: str, *, code: str = "version_conflict", details: dict[str, object] | None = None
    ) -> None:
        super().__init__(message, code=code, details=details)


class NotAllowed(Refused):
    """The actor has no right to this verb on this noun; `who_may` names who could grant or do it."""

    def __init__(self, message: str, *, code: str = "not_allowed", who_may: str = "") -> None:
        super().__init__(message, code=code, details={"who_may": who_may} if who_may else None)
