"""The event log's tables: facts, their deliveries to handlers, and the seals that chain them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now


class XactId(models.Field):  # type: ignore[type-arg]
    """The database transaction that wrote the row: the only order that hides no late commit."""

    def db_type(self, connection: object) -> str:
        return "xid8"


class Event(models.Model):
    """One fact that happened. Append-only: the application role may not update or delete it."""

    name = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    actor_id = models.BigIntegerField(null=True)
    token_id = models.BigIntegerField(null=True)
    on_behalf_of_id = models.BigIntegerField(null=True)
    departments = ArrayField(models.BigIntegerField(), default=list)
    payload = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    cause = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="effects")
    request_id = models.CharField(max_length=40, default="")
    xact = XactId(db_default=models.Func(function="pg_current_xact_id"), editable=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-id"], name="event_subject"),
            models.Index(fields=["xact", "id"], name="event_order"),
            models.Index(fields=["actor_id", "-id"], name="event_actor"),
            models.Index(fields=["name", "-id"], name="event_name"),
            GinIndex(fields=["departments"], name="event_departments"),
        ]


class Delivery(models.Model):
    """One event owed to one handler: outbox row, receipt, retry record and dead letter in one."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    handler = models.CharField(max_length=120)
    key = models.CharField(max_length=120)
    slow = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="a handler receives an event once"),
        ]
        indexes = [
            models.Index(
                fields=["available_at", "id"],
                name="delivery_open",
                condition=models.Q(done_at__isnull=True, parked_at__isnull=True),
            ),
            models.Index(
                fields=["handler", "key", "id"],
                name="delivery_in_order",
                condition=models.Q(done_at__isnull=True),
            ),
            models.Index(fields=["parked_at"], name="delivery_parked", condition=models.Q(parked_at__isnull=False)),
        ]

    @property
    def state(self) -> str:
        if self.done_at:
            return "done"
        if self.parked_at:
            return "parked"
        return "retrying" if self.attempts else "waiting"


class Seal(models.Model):
    """A link of the audit chain: the hash over the next slice of events and over the link before it."""

    number = models.PositiveBigIntegerField(unique=True)
    last_xact = models.CharField(max_length=24)
    last_event_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())
