"""Decision tables that managers keep, and the published versions that decide."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department


def first_table() -> dict[str, object]:
    """What a new decision begins with: one input, one outcome and one rule for everything."""
    return {
        "policy": "U",
        "inputs": [{"name": "amount", "type": "number", "values": [], "label": "Amount"}],
        "outputs": [{"name": "outcome", "type": "string", "values": [], "default": "", "label": "Outcome"}],
        "rules": [{"when": ["-"], "then": ['"yes"'], "note": ""}],
    }


class Decision(Noun):
    """A question that a table answers. The table is the draft; what decides is the published version."""

    RESOURCE: ClassVar[str] = "decision"
    ACCESS_ROW: ClassVar[str] = "rule"
    INHERIT: ClassVar[bool] = True

    code = models.SlugField(max_length=40, unique=True, help_text="Short name used by processes, rules and files")
    name = models.CharField(max_length=120)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="Who owns it; departments below may use it"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    description = models.TextField(blank=True, help_text="What is decided, and by which policy or law")
    table = models.JSONField(default=first_table, blank=True)
    cases = models.JSONField(default=list, blank=True)
    published_number = models.PositiveIntegerField("published version", null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "code"], name="decision_department")]

    def __str__(self) -> str:
        return self.name


class DecisionVersion(models.Model):
    """A table as it was published; it never changes."""

    INHERIT: ClassVar[bool] = True

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="versions")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    table = models.JSONField()
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["decision", "number"], name="a decision version number is used once")
        ]

    def __str__(self) -> str:
        return f"{self.decision}, version {self.number}"
