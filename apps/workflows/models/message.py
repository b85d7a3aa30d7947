"""Messages nobody waited for when they came: kept for a while, so that whoever comes to wait for one still hears it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department
from apps.workflows.models.case import Case


class Message(Noun):
    """One message before its time: the first case that waits for its name and key takes it, once, or it expires."""

    class State(models.TextChoices):
        KEPT = "kept", "Nobody waits yet"
        TAKEN = "taken", "Taken"
        EXPIRED = "expired", "Expired"
        DISCARDED = "discard", "Thrown away"

    RESOURCE: ClassVar[str] = "case_message"
    ACCESS_ROW: ClassVar[str] = "process"

    name = models.CharField("message", max_length=200)
    key = models.CharField("for", max_length=200, blank=True, help_text="Only who waits for this key takes it")
    values: Any = models.JSONField(default=dict, blank=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    event_id = models.BigIntegerField()  # the fact that tells of its sending
    state = models.CharField(max_length=7, choices=State.choices, default=State.KEPT)
    expires_at = models.DateTimeField("kept until")
    taken_by = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="taken_messages")
    taken_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["event_id"], name="a message is kept once")]
        indexes = [
            models.Index(fields=["name", "key", "id"], name="message_kept", condition=Q(state="kept")),
            models.Index(fields=["expires_at"], name="message_expiry", condition=Q(state="kept")),
            models.Index(fields=["department", "-id"], name="message_department"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key}".strip()
