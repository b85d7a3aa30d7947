"""Tier boards: what a team looks at standing up, day by day, and what it passes to the tier above."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.comms.models.shifts import Topic
from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department

FIGURE_HELP = "Code of a KPI; empty: marked by hand"


class TierBoard(Noun):
    """One team's board with the letters S Q D C P, each fed by a KPI or marked by hand."""

    RESOURCE: ClassVar[str] = "tier_board"
    ACCESS_ROW: ClassVar[str] = "kpi"
    INHERIT: ClassVar[bool] = True

    name = models.CharField(max_length=80)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    tier = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(5)], help_text="1 is the team at the line"
    )
    above = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="boards_below",
        verbose_name="passes up to",
    )
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    safety = models.CharField(max_length=40, blank=True, help_text=FIGURE_HELP)
    quality = models.CharField(max_length=40, blank=True, help_text=FIGURE_HELP)
    delivery = models.CharField(max_length=40, blank=True, help_text=FIGURE_HELP)
    cost = models.CharField(max_length=40, blank=True, help_text=FIGURE_HELP)
    people = models.CharField(max_length=40, blank=True, help_text=FIGURE_HELP)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=~Q(above=F("id")), name="a board does not pass up to itself"),
        ]

    def __str__(self) -> str:
        return self.name

    def figure_codes(self) -> dict[str, str]:
        """Letter → code of its KPI, where it has one."""
        named = {"S": self.safety, "Q": self.quality, "D": self.delivery, "C": self.cost, "P": self.people}
        return {letter: code for letter, code in named.items() if code}


class TierMark(Noun):
    """How a day was for one letter, said by a person; it stands above what the KPI says."""

    class Tone(models.TextChoices):
        GOOD = "good", "Good"
        BAD = "bad", "Not good"
        NONE = "none", "Nothing to say"

    RESOURCE: ClassVar[str] = "tier_mark"
    ACCESS_ROW: ClassVar[str] = "announcement"

    board = models.ForeignKey(TierBoard, on_delete=models.PROTECT, related_name="marks")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    topic = models.CharField("letter", max_length=1, choices=Topic.choices)
    day = models.DateField()
    tone = models.CharField("how it was", max_length=4, choices=Tone.choices)
    note = models.CharField(max_length=300, blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["board", "topic", "day"], name="a day is marked once per letter")
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()}, {self.day}"


class TierIssue(Noun):
    """What hinders a team: solved there, or passed up with a reason and passed back with another."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"

    RESOURCE: ClassVar[str] = "tier_issue"
    ACCESS_ROW: ClassVar[str] = "announcement"

    origin = models.ForeignKey(TierBoard, on_delete=models.PROTECT, related_name="+", verbose_name="board")
    board = models.ForeignKey(
        TierBoard, on_delete=models.PROTECT, related_name="issues", verbose_name="now at", editable=False
    )
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    topic = models.CharField("letter", max_length=1, choices=Topic.choices)
    text = models.TextField(max_length=1000)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    due_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=4, choices=State.choices, default=State.OPEN, editable=False)
    passed_at = models.DateTimeField(null=True, editable=False)
    passed_because = models.CharField(max_length=300, blank=True, editable=False)
    outcome = models.CharField(max_length=300, blank=True, editable=False)
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(
                fields=["board", "topic"], name="tier_issue_open", condition=Q(state="open", archived_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]
