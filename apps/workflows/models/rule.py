"""Automation rules that managers edit: when something happens, if conditions hold, do these actions."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department


def first_definition() -> dict[str, object]:
    """What a new rule begins with: it waits for nothing and does nothing."""
    return {"trigger": {"kind": "fact", "fact": ""}, "conditions": {"all": []}, "steps": []}


class Rule(Noun):
    """When, if and then; `definition` is what the newest version says, and the owner's rights are the run's rights."""

    class State(models.TextChoices):
        OFF = "off", "Off"
        ON = "on", "On"
        PAUSED = "paused", "Paused"

    class Trigger(models.TextChoices):
        FACT = "fact", "Something happens"
        CHANGE = "change", "A record is added or changed"
        SCHEDULE = "schedule", "At set times"

    RESOURCE: ClassVar[str] = "automation_rule"
    ACCESS_ROW: ClassVar[str] = "rule"

    code = models.SlugField(max_length=40, unique=True, help_text="Short name used in files and logs")
    name = models.CharField(max_length=120)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="It watches this department and those below"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whoever saved it last; it runs with this person's rights",
    )
    description = models.TextField(blank=True)
    definition = models.JSONField(default=first_definition, blank=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OFF, editable=False)
    number = models.PositiveIntegerField("version of the rule", default=1, editable=False)
    trigger = models.CharField(max_length=8, choices=Trigger.choices, default=Trigger.FACT, editable=False)
    watches = models.CharField("watches for", max_length=80, blank=True, editable=False)
    max_at_once = models.PositiveSmallIntegerField(
        "runs at once", default=1, help_text="So many runs of this rule may go on at the same time"
    )
    max_per_minute = models.PositiveSmallIntegerField(
        "runs a minute", default=60, help_text="More than this many in a minute pause the rule"
    )
    expect_every_hours = models.PositiveSmallIntegerField(
        "expected every … hours", null=True, blank=True, help_text="Alarm when it has not run for so long. Empty: never"
    )
    dry_run_number = models.PositiveIntegerField("version last dry-run", null=True, editable=False)
    paused_reason = models.CharField(max_length=300, blank=True, editable=False)
    paused_at = models.DateTimeField("paused since", null=True, editable=False)
    missed_at = models.DateTimeField(null=True, editable=False)
    switched_at = models.DateTimeField(null=True, editable=False)
    next_due_at = models.DateTimeField(null=True, editable=False)
    last_run_at = models.DateTimeField(null=True, editable=False)
    served_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(max_at_once__gte=1, max_at_once__lte=20), name="a rule has 1 to 20 runs at once"
            ),
            models.CheckConstraint(
                condition=Q(max_per_minute__gte=1, max_per_minute__lte=6000), name="a rule has 1 to 6000 runs a minute"
            ),
        ]
        indexes = [
            models.Index(fields=["watches"], name="rule_watches", condition=Q(state="on")),
            models.Index(fields=["next_due_at"], name="rule_due", condition=Q(state="on", next_due_at__isnull=False)),
            models.Index(fields=["department", "code"], name="rule_department"),
        ]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """A rule's definition as it was saved; runs keep theirs."""

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="versions")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    saved_at = models.DateTimeField(db_default=Now())
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="a rule version number is used once")]

    def __str__(self) -> str:
        return f"{self.rule}, version {self.number}"
