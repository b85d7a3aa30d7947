"""Runs of automation rules and what each step did: receipt, lease, retry record and dead letter in one."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.access.scope import ScopedManager
from apps.core.models import Event, Noun
from apps.org.models import Department
from apps.workflows.models.rule import Rule, RuleVersion


class Run(Noun):
    """One firing of a rule, for one event or one planned time; no event fires a rule twice."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped by a guard"
        DISMISSED = "dismiss", "Put aside"

    RESOURCE: ClassVar[str] = "automation_run"
    ACCESS_ROW: ClassVar[str] = "rule"

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="runs")
    rule_version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="runs")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, null=True, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(null=True)
    about = models.CharField(max_length=120, blank=True)
    replay_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replays")
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="children", verbose_name="caused by"
    )
    depth = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    position = models.PositiveSmallIntegerField("next step", default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=60, blank=True)
    problem = models.CharField(max_length=1000, blank=True)
    permanent = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "event"], condition=Q(replay_of__isnull=True), name="an event fires a rule once"
            ),
            models.UniqueConstraint(
                fields=["rule", "planned_at", "about"],
                condition=Q(replay_of__isnull=True, event__isnull=True),
                name="a planned time fires a rule once",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="a running run has a lease"
            ),
        ]
        indexes = [
            models.Index(fields=["available_at"], name="run_open", condition=Q(state__in=["waiting", "running"])),
            models.Index(fields=["rule", "-id"], name="run_rule"),
            models.Index(fields=["department", "-id"], name="run_department"),
            models.Index(fields=["rule"], name="run_running", condition=Q(state="running")),
        ]

    def __str__(self) -> str:
        return f"{self.rule}, run {self.pk}"


class RunStep(models.Model):
    """What one step of a run was given and did; a failed one is written anew when it is tried again."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="steps")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    index = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=120)
    done = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=1)
    given = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    problem = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField(db_default=Now())

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["run", "index"], name="a run does a step once")]
