"""What happened to accounts and tokens."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Fact, Recorded


@dataclass(frozen=True, kw_only=True)
class UserInvited(Recorded, name="accounts.user_invited", sentence="Person added", icon="user-plus"):
    """A person may sign in from now on."""


@dataclass(frozen=True, kw_only=True)
class UserChanged(Changed, name="accounts.user_changed", sentence="Person changed"):
    """A person's name, address or title changed."""


@dataclass(frozen=True, kw_only=True)
class UserSwitchedOff(Changed, name="accounts.user_switched_off", sentence="Sign-in switched off", icon="user-x"):
    """A person can no longer sign in; their sessions and tokens ended."""


@dataclass(frozen=True, kw_only=True)
class UserSwitchedOn(Changed, name="accounts.user_switched_on", sentence="Sign-in switched on", icon="user-check"):
    """A person can sign in again."""


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(Fact, name="accounts.sessions_ended", sentence="Sessions ended", icon="log-out"):
    """Every browser of a person must sign in again."""

    title: str
    count: int


@dataclass(frozen=True, kw_only=True)
class PasswordLinkMade(Fact, name="accounts.password_link_made", sentence="Set-password link made", icon="link"):
    """Somebody was given a one-time way to set a password."""

    title: str


@dataclass(frozen=True, kw_only=True)
class PasswordMailHeld(Fact, name="accounts.password_mail_held", sentence="Password link waits", icon="hourglass"):
    """Somebody asked for a password link while outgoing mail was paused."""

    title: str
    address: str


@dataclass(frozen=True, kw_only=True)
class TokenMade(Fact, name="accounts.token_made", sentence="API token made", icon="key-round"):
    """Another system may act for a person."""

    name: str
    scopes: tuple[str, ...]
    expires_at: str


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(Fact, name="accounts.token_revoked", sentence="API token revoked", icon="key-round"):
    """A token stopped working."""

    name: str
