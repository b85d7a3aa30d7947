"""Words to many: announcements with an audience, a time and, where it matters, a receipt per person."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.core.access import matrix
from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department, Site

AUDIENCES = [("", "Everybody"), *((code, name) for code, name in matrix.ROLES.items() if code != "TOK")]


class Announcement(Noun):
    """Something the people of a department and below should know from a day on."""

    RESOURCE: ClassVar[str] = "announcement"
    ACCESS_ROW: ClassVar[str] = "announcement"
    INHERIT: ClassVar[bool] = True

    title = models.CharField(max_length=120)
    text = models.TextField(max_length=8000)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="Its people and those of all below it"
    )
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="only at site"
    )
    role = models.CharField("only for", max_length=3, choices=AUDIENCES, blank=True, default="")
    starts_on = models.DateField("from")
    ends_on = models.DateField("until", null=True, blank=True, help_text="The last day it is shown")
    must_read = models.BooleanField(
        "must be confirmed", default=False, help_text="Each person says that they read it; who has not is reminded once"
    )
    remind_after_days = models.PositiveSmallIntegerField(
        "remind after", default=2, validators=[MinValueValidator(1), MaxValueValidator(60)], help_text="Days"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    announced_at = models.DateTimeField(null=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="an announcement ends on or after the day it begins",
            )
        ]
        indexes = [models.Index(fields=["department", "-id"], name="announcement_department")]

    def __str__(self) -> str:
        return self.title


class Receipt(models.Model):
    """A person said that they read an announcement."""

    announcement = models.ForeignKey(Announcement, on_delete=models.PROTECT, related_name="receipts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["announcement", "person"], name="a person confirms an announcement once")
        ]
