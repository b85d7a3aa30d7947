"""A task: what somebody should do, for whom, until when, and what they answered."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.core.access import matrix, scope
from apps.core.access.rights import Rights, rights_of
from apps.core.access.scope import ScopedQuerySet
from apps.core.models import Noun
from apps.org.models import Department, Membership, Team

ROLE_CHOICES = [(code, name) for code, name in matrix.ROLES.items() if code != "TOK"]
MOST_MINUTES = 60 * 24 * 366


class Priority(models.IntegerChoices):
    LOW = 1, "Low"
    NORMAL = 2, "Normal"
    HIGH = 3, "High"
    URGENT = 4, "Urgent"


def claimable_by(rights: Rights) -> Q:
    """Tasks nobody holds yet that wait for one of the person's roles in its department, or for one of their teams."""
    pool = Q(team__in=Membership.objects.filter(user=rights.user_id).values("team_id"))
    for grant in rights.grants:
        pool |= Q(role=grant.role, department_id__in=grant.subtree)
    return pool & Q(assignee__isnull=True)


class TaskQuerySet(ScopedQuerySet):
    """Tasks of one's departments; for staff their own, those they opened, and those they may claim."""

    def visible_to(self, user: Any, verb: str = "r") -> TaskQuerySet:
        rights = rights_of(user)
        reach = rights.reach("task", verb)
        if reach.everything:
            return self
        if not reach:
            return self.none()
        mine = Q(assignee_id__in=[rights.user_id, *rights.principals]) | Q(opened_by_id=rights.user_id)
        return self.filter(mine | claimable_by(rights) | Q(department_id__in=reach.departments))

    def open(self) -> TaskQuerySet:
        return self.filter(state__in=Task.OPEN, archived_at__isnull=True)


class TaskManager(models.Manager.from_queryset(TaskQuerySet)):  # type: ignore[misc]
    """The first wall: the scope's departments, and what is one's own wherever it lies."""

    def get_queryset(self) -> TaskQuerySet:
        rows: TaskQuerySet = super().get_queryset()
        eyes = scope.current()
        if eyes.everything:
            return rows
        return rows.filter(
            Q(department_id__in=eyes.departments) | Q(assignee_id=eyes.user_id) | Q(opened_by_id=eyes.user_id)
        )


class Task(Noun):
    """One piece of work in one inbox, whoever asked for it."""

    class State(models.TextChoices):
        WAITING = "open", "To do"
        STARTED = "started", "In progress"
        HELD = "held", "On hold"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    OPEN: ClassVar[tuple[str, ...]] = (State.WAITING, State.STARTED, State.HELD)
    RESOURCE: ClassVar[str] = "task"
    ACCESS_ROW: ClassVar[str] = "task"
    OWN_FIELD: ClassVar[str] = "assignee_id"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as T12")
    title = models.CharField(max_length=160)
    description = models.TextField("what to do", blank=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    assignee: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    role = models.CharField(
        "or anyone who is",
        max_length=3,
        blank=True,
        choices=ROLE_CHOICES,
        help_text="Holders in the department may claim it",
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="or anyone of the team"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING, editable=False)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    due_at = models.DateTimeField("due", null=True, blank=True)
    sla_minutes = models.PositiveIntegerField(
        "SLA in working minutes",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_MINUTES)],
        help_text="Counted in the working time of the site; the clock stops on hold",
    )
    about = models.CharField(max_length=120, blank=True, help_text="The record it concerns, such as alert:12")
    instruction = models.CharField(
        max_length=60, blank=True, help_text="Document and step shown with the task, such as SOP-12#3"
    )
    form = models.JSONField("fields to fill in", default=list, blank=True)
    checklist = models.JSONField(default=list, blank=True, help_text="One line per point")
    skill = models.CharField("skill required", max_length=60, blank=True)
    photo = models.BooleanField("photo required", default=False)
    signature = models.BooleanField("signature required", default=False)
    # What the platform keeps.
    source = models.CharField(max_length=120, blank=True, editable=False, db_index=True)
    answers = models.JSONField(default=dict, editable=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    breaches_at = models.DateTimeField("SLA ends", null=True, editable=False)
    breached_at = models.DateTimeField(null=True, editable=False)
    sla_left = models.DurationField(null=True, editable=False)
    hold_reason = models.CharField(max_length=200, blank=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)
    done_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    done_for: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    signed_as = models.CharField(max_length=120, blank=True, editable=False)
    series = models.ForeignKey("work.Series", null=True, editable=False, on_delete=models.PROTECT, related_name="tasks")
    occurrence_at = models.DateTimeField(null=True, editable=False)

    objects = TaskManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["series", "occurrence_at"], name="a recurring task is opened once per time"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False), name="a task that is done says when"
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(breaches_at__isnull=True), name="the clock of a held task stands still"
            ),
        ]
        indexes = [
            models.Index(fields=["department", "-id"], name="task_department"),
            models.Index(
                fields=["assignee", "due_at"], name="task_inbox", condition=Q(state__in=["open", "started", "held"])
            ),
            models.Index(
                fields=["role", "department"], name="task_pool", condition=Q(state="open", assignee__isnull=True)
            ),
            models.Index(fields=["breaches_at"], name="task_clock", condition=Q(breached_at__isnull=True)),
            models.Index(fields=["about"], name="task_about"),
        ]

    def __str__(self) -> str:
        return self.title

    def own_for(self, rights: Rights) -> bool:
        """Held by the person or somebody they stand in for, opened by them, or theirs to claim."""
        if self.assignee_id is not None and self.assignee_id in {rights.user_id, *rights.principals}:
            return True
        if self.opened_by_id is not None and self.opened_by_id == rights.user_id:
            return True
        if self.assignee_id is not None:
            return False
        if any(one.role == self.role and self.department_id in one.subtree for one in rights.grants):
            return True
        return self.team_id is not None and Membership.objects.filter(team=self.team_id, user=rights.user_id).exists()

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def done_by_words(self) -> str:
        """Both names after a stand-in acted: "B for A"."""
        if self.done_by is None:
            return ""
        return f"{self.done_by} for {self.done_for}" if self.done_for else str(self.done_by)
