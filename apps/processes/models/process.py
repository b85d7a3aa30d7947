"""The process catalogue: what the company does again and again, who owns it, and its SIPOC."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department


class Process(Noun):
    """One process with its owner; suppliers, inputs, steps, outputs and customers as lines."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "In use"
        RETIRED = "retired", "Retired"

    class Level(models.TextChoices):
        CORE = "core", "Core"
        SUPPORT = "support", "Support"
        MANAGEMENT = "mgmt", "Management"

    RESOURCE: ClassVar[str] = "process"
    ACCESS_ROW: ClassVar[str] = "process"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as P12")
    name = models.CharField(max_length=120)
    purpose = models.TextField(blank=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    owner: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts", verbose_name="part of"
    )
    level = models.CharField(max_length=7, choices=Level.choices, default=Level.CORE)
    state = models.CharField(max_length=7, choices=State.choices, default=State.DRAFT)
    workflow = models.CharField("workflow", max_length=60, blank=True, help_text="Code of the workflow that runs it")
    suppliers = models.TextField(blank=True, help_text="One per line")
    inputs = models.TextField(blank=True, help_text="One per line")
    steps = models.TextField(blank=True, help_text="Four to seven, one per line")
    outputs = models.TextField(blank=True, help_text="One per line")
    customers = models.TextField(blank=True, help_text="One per line")

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        verbose_name_plural = "processes"
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="a process is no part of itself")]
        indexes = [models.Index(fields=["department", "-id"], name="process_department")]

    def __str__(self) -> str:
        return self.name
