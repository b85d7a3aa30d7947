"""Running workflows: a case, its steps as rows to count and read, and what it waits for."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department
from apps.workflows.models.workflow import Revision, Workflow


class Case(Noun):
    """One time a workflow runs. `engine` is where it stands; only the engine writes it, under the row's lock."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    RESOURCE: ClassVar[str] = "case"
    ACCESS_ROW: ClassVar[str] = "task"
    OWN_FIELD: ClassVar[str] = "starter_id"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as C12")
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="cases")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="cases", editable=False)
    title = models.CharField(max_length=160)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    starter: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    responsible: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="On whose behalf its service tasks act. Empty: whoever starts it",
    )
    business_key = models.CharField(max_length=120, blank=True, help_text="Number of the order, complaint or person")
    about = models.CharField(max_length=120, blank=True, help_text="The record it concerns, such as supplier:12")
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING, editable=False)
    outcome = models.CharField(max_length=120, blank=True, editable=False)
    stuck = models.PositiveSmallIntegerField("steps that need help", default=0, editable=False)
    engine = models.JSONField(default=dict, editable=False)
    moves = models.PositiveIntegerField(default=0, editable=False)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    parent = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="children")
    parent_token = models.PositiveIntegerField(null=True, editable=False)
    began_with = models.BigIntegerField(null=True, editable=False)  # the event that tells of its start
    # What a migration can be taken back to, while the case has not moved since.
    migrated_from = models.ForeignKey(Revision, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    migrated_engine = models.JSONField(null=True, editable=False)
    migrated_moves = models.PositiveIntegerField(null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["department", "-id"], name="case_department"),
            models.Index(fields=["workflow", "state"], name="case_definition"),
            models.Index(fields=["revision"], name="case_running", condition=Q(state="running")),
            models.Index(fields=["starter", "-id"], name="case_starter"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "parent_token"],
                condition=Q(parent__isnull=False),
                name="a call activity starts one case",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def values(self) -> dict[str, Any]:
        """The case's own values, by name."""
        scopes = self.engine.get("scopes") or [{}]
        return dict(scopes[0].get("values") or {})

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING


class Step(models.Model):
    """One time a token stood on an element: what heat maps, event logs and lists read."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        STUCK = "stuck", "Needs help"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="steps")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    token = models.PositiveIntegerField()
    parent_token = models.PositiveIntegerField(default=0)
    element = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=30)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ACTIVE)
    problem = models.TextField(blank=True)
    task_id = models.BigIntegerField(null=True)
    performer = models.CharField(max_length=120, blank=True)  # of imported logs; who did a task is with the task
    instant = models.BooleanField(default=False)  # an imported event that tells no beginning
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["case", "token"], name="a token of a case is one step")]
        indexes = [
            models.Index(fields=["task_id"], name="step_task", condition=Q(task_id__isnull=False)),
            models.Index(fields=["case", "id"], name="step_order"),
            models.Index(fields=["case"], name="step_open", condition=Q(left_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.name


class Wait(models.Model):
    """Something a case waits for, or that starts one (then without a case): a time, a message or a signal."""

    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="waits")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="waits")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    wait = models.PositiveIntegerField()
    element = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(null=True)
    left = models.IntegerField(default=0)
    told = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "wait"], condition=Q(case__isnull=False), name="a case waits for a thing once"
            ),
            models.UniqueConstraint(
                fields=["workflow", "element"], condition=Q(case__isnull=True), name="a start is awaited once"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="wait_due", condition=Q(kind="timer", told=False)),
            models.Index(fields=["kind", "name", "key"], name="wait_named"),
        ]
