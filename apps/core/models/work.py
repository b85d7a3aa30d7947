"""Tables that let work survive crashes: scheduled runs, long jobs, idempotency keys and gap-free counters."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class JobRun(models.Model):
    """One planned run of a scheduled job; the unique period makes a second run impossible."""

    job = models.CharField(max_length=80)
    period_start = models.DateTimeField()
    event_id = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "period_start"], name="a job runs once per period"),
        ]


class Job(models.Model):
    """A slow request of a person, such as a PDF or an import, with its progress and result."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    kind = models.CharField(max_length=80)
    label = models.CharField(max_length=200)
    owner_id = models.BigIntegerField()
    department_id = models.BigIntegerField(null=True)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    step = models.CharField(max_length=200, default="")
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(default=dict)
    problem = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["owner_id", "-id"], name="job_owner")]

    @property
    def finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}


class IdempotencyKey(models.Model):
    """A client's promise that this request is the same as the last one with this key."""

    principal = models.CharField(max_length=60)
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["principal", "route", "key"], name="an idempotency key is used once per principal and route"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]


class Counter(models.Model):
    """The last number given out; taken under its row lock so that numbers have no gaps."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.PositiveBigIntegerField(default=0)
