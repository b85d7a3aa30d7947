"""Approvals: a question about any record, the steps that answer it, and who holds a seat at each step."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from apps.core.access import scope
from apps.core.access.rights import Rights, rights_of
from apps.core.access.scope import ScopedQuerySet
from apps.core.models import Noun
from apps.org.models import Department, Team
from apps.work.models.task import ROLE_CHOICES


class StepKind(models.TextChoices):
    PERSON = "person", "A person"
    ROLE = "role", "Holders of a role"
    LINE = "line", "The reporting line"
    TEAM = "team", "A team"


class Policy(Noun):
    """Who must approve what, by amount."""

    RESOURCE: ClassVar[str] = "approval_policy"
    ACCESS_ROW: ClassVar[str] = "rule"
    INHERIT: ClassVar[bool] = True

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="Holds for it and those below"
    )
    about = models.CharField(
        "kind of record", max_length=60, blank=True, help_text="Such as requisition; empty: chosen by hand"
    )
    currency = models.CharField(max_length=3, blank=True)

    objects = scope.ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "-id"], name="policy_department")]

    def __str__(self) -> str:
        return self.name


class PolicyStep(Noun):
    """One step of a policy, for amounts in a band. Steps of equal position run at the same time."""

    RESOURCE: ClassVar[str] = "approval_policy_step"
    ACCESS_ROW: ClassVar[str] = "rule"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as AS12")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="steps")
    department = models.ForeignKey(Department, editable=False, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text="Equal numbers run at the same time",
    )
    from_amount = models.DecimalField("from", max_digits=20, decimal_places=2, null=True, blank=True)
    below_amount = models.DecimalField("below", max_digits=20, decimal_places=2, null=True, blank=True)
    kind = models.CharField("approver", max_length=6, choices=StepKind.choices, default=StepKind.LINE)
    person: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=3, blank=True, choices=ROLE_CHOICES)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    need = models.PositiveSmallIntegerField(
        "how many",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text="Of those who may approve",
    )
    timeout_minutes = models.PositiveIntegerField(
        "escalates after, in working minutes", null=True, blank=True, validators=[MinValueValidator(1)]
    )

    objects = scope.ScopedManager()

    class Meta:
        base_manager_name = "objects"
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(from_amount__isnull=True)
                | Q(below_amount__isnull=True)
                | Q(below_amount__gt=F("from_amount")),
                name="an amount band ends above its start",
            )
        ]
        indexes = [models.Index(fields=["policy", "position"], name="policy_steps")]

    def __str__(self) -> str:
        return f"{self.policy_id}: step {self.position}"


class ApprovalQuerySet(ScopedQuerySet):
    """Approvals of one's departments, one's own requests, and those in which one holds a seat."""

    def visible_to(self, user: Any, verb: str = "r") -> ApprovalQuerySet:
        rights = rights_of(user)
        reach = rights.reach("approval", verb)
        if reach.everything:
            return self
        if not reach:
            return self.none()
        people = [rights.user_id, *rights.principals]
        seated = Exists(Seat.objects.filter(step__approval=OuterRef("pk"), user__in=people))
        mine = Q(requested_by_id=rights.user_id) | Q(seated)
        return self.filter(mine | Q(department_id__in=reach.departments))


class ApprovalManager(models.Manager.from_queryset(ApprovalQuerySet)):  # type: ignore[misc]
    """The first wall; a seat or one's own request is seen wherever it lies."""

    def get_queryset(self) -> ApprovalQuerySet:
        rows: ApprovalQuerySet = super().get_queryset()
        eyes = scope.current()
        if eyes.everything:
            return rows
        return rows.filter(
            Q(department_id__in=eyes.departments) | Q(requested_by_id=eyes.user_id) | Q(seats__contains=[eyes.user_id])
        )


class Approval(Noun):
    """One question: may this happen? Answered by its steps in order."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    RESOURCE: ClassVar[str] = "approval"
    ACCESS_ROW: ClassVar[str] = "approval"
    OWN_FIELD: ClassVar[str] = "requested_by_id"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as A12")
    title = models.CharField(max_length=160)
    reason = models.TextField(blank=True)
    about = models.CharField(max_length=120, blank=True, help_text="The record it concerns, such as alert:12")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING, editable=False)
    requested_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    # Who wrote what it is about, where somebody else asks for them.
    written_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    source = models.CharField(max_length=120, blank=True, editable=False, db_index=True)
    decided_at = models.DateTimeField(null=True, editable=False)
    # Whoever holds a seat sees the approval, wherever its department lies (also in the database's wall).
    seats = models.JSONField(default=list, editable=False)

    objects = ApprovalManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["department", "-id"], name="approval_department"),
            models.Index(fields=["about"], name="approval_about"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def own_of(self) -> frozenset[int]:
        """Whose own request it is: they never answer it."""
        return frozenset(key for key in (self.requested_by_id, self.written_by_id) if key)

    def own_for(self, rights: Rights) -> bool:
        """Asked by the person, or waiting for them or somebody they stand in for."""
        people = {rights.user_id, *rights.principals}
        return (self.requested_by_id is not None and self.requested_by_id == rights.user_id) or bool(
            people & set(self.seats)
        )


class ApprovalStep(models.Model):
    """One step of an approval; those of equal position are open together."""

    class State(models.TextChoices):
        WAITING = "waiting", "Not yet"
        OPEN = "open", "Waiting"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        SKIPPED = "skipped", "Left out"

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=StepKind.choices)
    person: Any = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=3, blank=True, choices=ROLE_CHOICES)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    need = models.PositiveSmallIntegerField(default=1)
    timeout_minutes = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    opened_at = models.DateTimeField(null=True)
    escalates_at = models.DateTimeField(null=True, db_index=True)
    escalations = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["approval", "position"], name="approval_steps")]


class Seat(models.Model):
    """A person's seat at a step: whether they answered, when, and who acted for them."""

    class Answer(models.TextChoices):
        YES = "yes", "Approved"
        NO = "no", "Rejected"

    step = models.ForeignKey(ApprovalStep, on_delete=models.CASCADE, related_name="taken")
    user: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=3, choices=Answer.choices, blank=True)
    note = models.TextField(blank=True)
    answered_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)
    seated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "user"], name="a person holds one seat at a step")]
        indexes = [models.Index(fields=["user"], name="seat_inbox", condition=Q(answer=""))]

    @property
    def words(self) -> str:
        """Both names after a stand-in acted: "B for A"."""
        if self.answered_by_id and self.answered_by_id != self.user_id:
            return f"{self.answered_by} for {self.user}"
        return str(self.user)
