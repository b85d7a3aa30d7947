"""Reports that were asked for: what period, whose view, and the finished file by its hash."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department


class ReportRun(Noun):
    """One report for one period, rendered once in the requester's view; the file never changes."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    RESOURCE: ClassVar[str] = "report"
    ACCESS_ROW: ClassVar[str] = "report"
    OWN_FIELD: ClassVar[str] = "requested_by_id"

    number = models.CharField(max_length=30, unique=True, editable=False)
    kind = models.CharField(max_length=40, default="weekly")
    period_key = models.CharField(max_length=12)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    commentary = models.TextField(blank=True)
    decisions = models.TextField(blank=True, help_text="Decisions needed, one per line")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    job_id = models.BigIntegerField(null=True)
    snapshot = models.JSONField(default=dict, blank=True)
    as_of = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    audit_head = models.CharField(max_length=64, blank=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(sha256="") & Q(size__gt=0)), name="a ready report has its file"
            ),
        ]
        indexes = [models.Index(fields=["department", "-id"], name="report_department")]

    def __str__(self) -> str:
        return f"Weekly operations report {self.period_key}"
