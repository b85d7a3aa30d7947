"""The shift log: what one shift leaves to the next, and who took it over."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department


class Shift(models.TextChoices):
    EARLY = "early", "Early"
    DAY = "day", "Day"
    LATE = "late", "Late"
    NIGHT = "night", "Night"


class Topic(models.TextChoices):
    """The five letters of the tier boards."""

    SAFETY = "S", "Safety"
    QUALITY = "Q", "Quality"
    DELIVERY = "D", "Delivery"
    COST = "C", "Cost"
    PEOPLE = "P", "People"


class ShiftEntry(Noun):
    """One thing that happened or is still open at the end of a shift."""

    RESOURCE: ClassVar[str] = "shift_entry"
    ACCESS_ROW: ClassVar[str] = "announcement"

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    shift = models.CharField(max_length=5, choices=Shift.choices)
    topic = models.CharField(max_length=1, choices=Topic.choices)
    text = models.TextField(max_length=2000)
    open = models.BooleanField("still open", default=False, help_text="Goes on to every next shift until it is closed")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=300, blank=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(open=False) | Q(closed_at__isnull=True), name="a closed point is no longer open"
            )
        ]
        indexes = [
            models.Index(fields=["department", "-day"], name="shift_entry_day"),
            models.Index(
                fields=["department"], name="shift_entry_open", condition=Q(open=True, archived_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class ShiftTakeover(Noun):
    """The next shift's word that it read the log; one per shift."""

    RESOURCE: ClassVar[str] = "shift_takeover"
    ACCESS_ROW: ClassVar[str] = "announcement"

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    shift = models.CharField(max_length=5, choices=Shift.choices, help_text="The shift whose log was taken over")
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    open_points = models.PositiveIntegerField(default=0, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["department", "day", "shift"], name="a shift is taken over once")
        ]

    def __str__(self) -> str:
        return f"{self.department}, {self.get_shift_display()} shift of {self.day}"
