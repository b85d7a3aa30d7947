"""Escalation: who is told next, after how much working time, until somebody says that they have it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.core.access import matrix
from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department, Team

ROLES = [("", "—"), *((code, name) for code, name in matrix.ROLES.items() if code != "TOK")]


class EscalationPolicy(Noun):
    """Ordered steps for things of a department and below, started by facts or by hand."""

    RESOURCE: ClassVar[str] = "escalation_policy"
    ACCESS_ROW: ClassVar[str] = "rule"
    INHERIT: ClassVar[bool] = True

    name = models.CharField(max_length=80)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="For facts of it and of all below it"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Told when no step has anybody left",
    )
    starts_with = models.CharField(
        max_length=200, blank=True, help_text="Facts that start it, such as work.task_breached. Empty: only by hand"
    )
    ends_with = models.CharField(
        max_length=200, blank=True, help_text="Facts that end it, such as work.task_completed, work.task_cancelled"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.name


class EscalationStep(Noun):
    """Whom to tell, and after how many working minutes since the step before."""

    class Kind(models.TextChoices):
        PERSON = "person", "A person"
        ROLE = "role", "Holders of a role"
        TEAM = "team", "A team"
        LINE = "line", "Who answers for the department"

    RESOURCE: ClassVar[str] = "escalation_step"
    ACCESS_ROW: ClassVar[str] = "rule"
    INHERIT: ClassVar[bool] = True

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.PROTECT, related_name="steps")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    position = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(20)])
    after_minutes = models.PositiveIntegerField(
        "after",
        default=60,
        validators=[MaxValueValidator(60 * 24 * 60)],
        help_text="Working minutes since the step before",
    )
    kind = models.CharField("tells", max_length=6, choices=Kind.choices, default=Kind.LINE)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=3, choices=ROLES, blank=True, default="")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "position"],
                condition=Q(archived_at__isnull=True),
                name="a policy has one step per position",
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy}, step {self.position}"


class Escalation(Noun):
    """One record on its way up."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        SEEN = "seen", "Somebody has it"
        OVER = "over", "Over"

    RESOURCE: ClassVar[str] = "escalation"
    ACCESS_ROW: ClassVar[str] = "announcement"

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.PROTECT, related_name="runs")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    about = models.CharField("record", max_length=120, help_text="Such as task:17")
    why = models.CharField("reason", max_length=200)
    reached = models.PositiveSmallIntegerField("step", default=0, editable=False)
    next_at = models.DateTimeField(null=True, editable=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.RUNNING, editable=False)
    told = ArrayField(models.BigIntegerField(), default=list, editable=False)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    seen_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "about"], condition=Q(state="running"), name="a record escalates once per policy"
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], name="escalation_due", condition=Q(state="running")),
            models.Index(fields=["about"], name="escalation_about"),
        ]

    def __str__(self) -> str:
        return f"{self.why} ({self.about})"
