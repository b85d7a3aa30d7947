"""What happened to messages that nobody waited for when they came."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Recorded


@dataclass(frozen=True, kw_only=True)
class MessageKept(Recorded, name="workflows.message_kept", sentence="Message kept: nobody waits yet", icon="inbox"):
    """A message came before anybody waited for it."""


@dataclass(frozen=True, kw_only=True)
class MessageTaken(Changed, name="workflows.message_taken", sentence="Kept message taken", icon="mail-open"):
    """A case came to wait for a kept message."""

    case_id: int


@dataclass(frozen=True, kw_only=True)
class MessageExpired(Changed, name="workflows.message_expired", sentence="Message expired unheard", icon="mail-x"):
    """Nobody came to wait for a message while it was kept."""


@dataclass(frozen=True, kw_only=True)
class MessageDiscarded(Changed, name="workflows.message_discarded", sentence="Message thrown away", icon="trash-2"):
    """A person threw a kept message away."""
