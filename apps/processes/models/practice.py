"""The best-practice library: what worked somewhere, written so that others can take it over."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department
from apps.processes.models.process import Process


class Practice(Noun):
    """A good practice: problem, way, result, and who took it over."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        ACCEPTED = "accepted", "Accepted"
        RETIRED = "retired", "Retired"

    RESOURCE: ClassVar[str] = "practice"
    ACCESS_ROW: ClassVar[str] = "process"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as BP12")
    title = models.CharField(max_length=160)
    problem = models.TextField()
    way = models.TextField("what works")
    result = models.TextField(blank=True, help_text="With numbers where there are any")
    tags = models.CharField(max_length=200, blank=True, help_text="Words to find it by, separated by commas")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    process = models.ForeignKey(Process, null=True, blank=True, on_delete=models.PROTECT, related_name="practices")
    author: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "-id"], name="practice_department")]

    def __str__(self) -> str:
        return self.title


class Adoption(models.Model):
    """A department took a practice over."""

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="adoptions")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    person: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "department"], name="a department adopts a practice once")
        ]
