"""A recurring task: the template and the rule by which its tasks are opened."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from apps.core.access.rights import Rights
from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department, Team
from apps.work.models.task import ROLE_CHOICES, Priority


class Series(Noun):
    """Opens a task at each time of its rule, exactly once."""

    class Missed(models.TextChoices):
        SKIP = "skip", "Leave them out"
        ONE = "one", "Open the last one"
        ALL = "all", "Open each of them"

    class Holiday(models.TextChoices):
        ANYWAY = "anyway", "Open it anyway"
        NEXT = "next", "Open it on the next working day"
        SKIP = "skip", "Leave it out"

    RESOURCE: ClassVar[str] = "recurring_task"
    ACCESS_ROW: ClassVar[str] = "task"
    OWN_FIELD: ClassVar[str] = "assignee_id"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as RT12")
    title = models.CharField(max_length=160)
    description = models.TextField("what to do", blank=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    assignee: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField("or anyone who is", max_length=3, blank=True, choices=ROLE_CHOICES)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="or anyone of the team"
    )
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    rrule = models.CharField(
        "repeats", max_length=300, help_text="RFC 5545, such as FREQ=WEEKLY;BYDAY=MO,TH or FREQ=MONTHLY;BYMONTHDAY=-1"
    )
    starts_at = models.DateTimeField("first time", help_text="Its time of day is kept across daylight saving time")
    on_holiday = models.CharField("on a day off", max_length=6, choices=Holiday.choices, default=Holiday.ANYWAY)
    missed = models.CharField("times missed", max_length=4, choices=Missed.choices, default=Missed.ONE)
    due_minutes = models.PositiveIntegerField(
        "due after, in working minutes", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    instruction = models.CharField(
        max_length=60, blank=True, help_text="Document and step shown with the task, such as SOP-12#3"
    )
    form = models.JSONField("fields to fill in", default=list, blank=True)
    checklist = models.JSONField(default=list, blank=True, help_text="One line per point")
    skill = models.CharField("skill required", max_length=60, blank=True)
    photo = models.BooleanField("photo required", default=False)
    signature = models.BooleanField("signature required", default=False)
    next_at = models.DateTimeField("next", null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["department", "-id"], name="series_department"),
            models.Index(fields=["next_at"], name="series_next"),
        ]

    def __str__(self) -> str:
        return self.title

    def own_for(self, rights: Rights) -> bool:
        return self.assignee_id is not None and self.assignee_id == rights.user_id
