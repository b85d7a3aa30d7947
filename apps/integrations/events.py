"""What happened between the platform and other systems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.core.events.facts import Changed, Fact, Recorded


@dataclass(frozen=True, kw_only=True)
class WebhookAdded(Recorded, name="integrations.webhook_added", sentence="Webhook added", icon="webhook"):
    """An address outside will be told of facts."""


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(Changed, name="integrations.webhook_changed", sentence="Webhook changed", icon="webhook"):
    """An address, its facts or its owner changed."""


@dataclass(frozen=True, kw_only=True)
class WebhookStopped(
    Changed, name="integrations.webhook_stopped", sentence="Webhook stopped by failures", icon="unplug"
):
    """An address failed for so long that it is told nothing any more; its owner hears of it."""

    owner_id: int


@dataclass(frozen=True, kw_only=True)
class WebhookTested(Fact, name="integrations.webhook_tested", sentence="Test message sent", icon="radio"):
    """A person asked for a test message."""

    webhook_id: int


@dataclass(frozen=True, kw_only=True)
class SecretChanged(Fact, name="integrations.secret_changed", sentence="New signing secret", icon="key-round"):
    """A signing secret was made and shown once; the former one stays good for a day."""


@dataclass(frozen=True, kw_only=True)
class DeliveryRepeated(
    Fact, name="integrations.delivery_repeated", sentence="Delivery started again", icon="rotate-cw"
):
    """A person asked to tell an address once more."""

    webhook_id: int


@dataclass(frozen=True, kw_only=True)
class RoundDue(Fact, name="integrations.outgoing_due", sentence="Webhook has something to tell", icon="send"):
    """An address has deliveries waiting."""

    webhook_id: int


@dataclass(frozen=True, kw_only=True)
class HookAdded(Recorded, name="integrations.hook_added", sentence="Inbound webhook added", icon="webhook"):
    """Another system may tell us something."""


@dataclass(frozen=True, kw_only=True)
class HookChanged(Changed, name="integrations.hook_changed", sentence="Inbound webhook changed", icon="webhook"):
    """An inbound webhook was changed, switched or archived."""


@dataclass(frozen=True, kw_only=True)
class HookReceived(Fact, name="integrations.hook_received", sentence="Message from outside", icon="inbox"):
    """Another system told us something, proven by its signature. `values` is the body as sent."""

    hook_id: int
    hook: str
    call_id: int
    kind: str
    values: dict[str, Any] = field(default_factory=dict)
