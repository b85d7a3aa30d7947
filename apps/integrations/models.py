"""Webhooks: addresses we tell, what we told them, addresses that others tell us at, and what they said."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.access.scope import OpenManager
from apps.core.models import Noun
from apps.org.models import Department


def split_names(text: str) -> list[str]:
    return [one for one in text.replace(",", " ").split() if one]


class Secrets(models.Model):
    """A signing secret and the one before it, both sealed; for a day after a change both are good."""

    secret_sealed = models.TextField(editable=False)
    former_sealed = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, editable=False)
    secret_shown_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class Webhook(Noun, Secrets):
    """An address outside that is told of facts its owner may read."""

    RESOURCE: ClassVar[str] = "webhook"
    ACCESS_ROW: ClassVar[str] = "token"
    OWN_FIELD: ClassVar[str] = "owner_id"

    name = models.CharField(max_length=80)
    url = models.CharField("address", max_length=500, help_text="Begins with https:// and lies on the public Internet")
    patterns = models.CharField(
        "facts",
        max_length=500,
        default="*",
        help_text="Names parted by commas, * for any part: kpis.*, comms.commented. Alone * is everything you may read",
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    active = models.BooleanField(default=True, editable=False)
    # A delivery round is owed and has not begun.
    called = models.BooleanField(default=False, editable=False)
    failures = models.PositiveIntegerField("failures in a row", default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    wait_until = models.DateTimeField(null=True, editable=False)
    last_sent_at = models.DateTimeField(null=True, editable=False)
    stopped_because = models.CharField(max_length=200, blank=True, editable=False)

    objects = OpenManager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-id"], name="webhook_owner")]

    def __str__(self) -> str:
        return self.name

    @property
    def wanted(self) -> list[str]:
        """The names of facts it asks for."""
        return split_names(self.patterns)


class WebhookDelivery(Noun):
    """One fact owed to one address, with every attempt to tell it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        SKIPPED = "skipped", "Not for the owner"

    RESOURCE: ClassVar[str] = "webhook_delivery"
    ACCESS_ROW: ClassVar[str] = "token"
    OWN_FIELD: ClassVar[str] = "owner_id"

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    event_id = models.BigIntegerField()
    fact = models.CharField(max_length=80)
    about = models.CharField(max_length=120)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    objects = OpenManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_id"], name="an address is told of a fact once")
        ]
        indexes = [
            models.Index(fields=["webhook", "id"], name="webhook_delivery_open", condition=Q(state="waiting")),
            models.Index(fields=["owner", "-id"], name="webhook_delivery_owner"),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.fact} → {self.webhook}"

    @property
    def message_id(self) -> str:
        """The same for every attempt, so that the receiver can drop repeats."""
        return f"msg_{self.webhook_id}_{self.event_id}"


class WebhookAttempt(models.Model):
    """One exchange with an address: what was sent, without secrets, and what came back."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField(db_default=Now())
    millis = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    answer = models.CharField(max_length=200, blank=True)
    problem = models.CharField(max_length=300, blank=True)


class InboundHook(Noun, Secrets):
    """An address of ours at which another system tells us something; its signature proves who speaks."""

    class Style(models.TextChoices):
        STANDARD = "standard", "Standard Webhooks (signature, time and id)"
        GITHUB = "github", "X-Hub-Signature-256 (as GitHub sends it; no time in the signature)"

    RESOURCE: ClassVar[str] = "inbound_hook"
    ACCESS_ROW: ClassVar[str] = "token"
    OWN_FIELD: ClassVar[str] = "owner_id"

    name = models.CharField(max_length=80)
    key = models.CharField(max_length=40, unique=True, editable=False)
    style = models.CharField("signature", max_length=8, choices=Style.choices, default=Style.STANDARD)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Not named department: the hook itself is its owner's; the facts that come in are the department's.
    concerns = models.ForeignKey(
        Department,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="for department",
        help_text="Whose people may see what comes in. Empty: only those who see the whole company",
    )
    max_per_minute = models.PositiveIntegerField(
        "messages a minute", default=300, help_text="More than this many in a minute are asked to come later (429)"
    )
    active = models.BooleanField(default=True, editable=False)
    last_received_at = models.DateTimeField(null=True, editable=False)

    objects = OpenManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(max_per_minute__gte=1, max_per_minute__lte=60_000),
                name="an inbound webhook takes 1 to 60000 messages a minute",
            )
        ]
        indexes = [models.Index(fields=["owner", "-id"], name="inbound_hook_owner")]

    def __str__(self) -> str:
        return self.name


class HookCall(Noun):
    """One thing another system told us, stored before it was answered; its key makes a repeat harmless."""

    RESOURCE: ClassVar[str] = "hook_call"
    ACCESS_ROW: ClassVar[str] = "token"
    OWN_FIELD: ClassVar[str] = "owner_id"

    hook = models.ForeignKey(InboundHook, on_delete=models.PROTECT, related_name="calls")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.CharField("message id", max_length=200)
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=80, blank=True)
    body: Any = models.JSONField(default=dict)
    event_id = models.BigIntegerField(null=True)
    repeats = models.PositiveIntegerField(default=0)

    objects = OpenManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hook", "key"], name="a message is taken once")]
        indexes = [
            models.Index(fields=["owner", "-id"], name="hook_call_owner"),
            models.Index(fields=["created_at"], name="hook_call_age"),
        ]

    def __str__(self) -> str:
        return f"{self.hook}: {self.kind or self.key}"
