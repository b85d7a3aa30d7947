"""Workflows that people draw, and the versions of them that run."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.core.access.scope import ScopedManager, ScopedQuerySet
from apps.core.models import Noun
from apps.org.models import Department


class WorkflowManager(ScopedManager):
    """Who may not read the drawings may still start what is published for their department."""

    def choosable_by(self, user: Any) -> ScopedQuerySet:
        found: ScopedQuerySet = self.filter(published_number__isnull=False, archived_at__isnull=True)
        return found


class Workflow(Noun):
    """A way of working as a BPMN diagram. `xml` is the draft; what runs is a published version."""

    RESOURCE: ClassVar[str] = "workflow"
    ACCESS_ROW: ClassVar[str] = "process"
    INHERIT: ClassVar[bool] = True

    code = models.SlugField(max_length=40, unique=True, help_text="Short name used by other workflows, rules and files")
    name = models.CharField(max_length=120)
    purpose = models.TextField(blank=True, help_text="What it is for and when to start it")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="Who owns it; departments below may use it"
    )
    owner: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    xml = models.TextField("diagram", blank=True, help_text="BPMN 2.0. Empty: a start, one task and an end")
    published_number = models.PositiveIntegerField("published version", null=True, editable=False)

    objects = WorkflowManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "code"], name="workflow_department")]

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """A diagram as it was published; it never changes, and cases that began with it keep it."""

    INHERIT: ClassVar[bool] = True

    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="revisions")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    xml = models.TextField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["workflow", "number"], name="a workflow version number is used once")
        ]

    def __str__(self) -> str:
        return f"{self.workflow}, version {self.number}"
