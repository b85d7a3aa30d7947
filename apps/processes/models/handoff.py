"""Work handed from one department to another: offered, taken or returned with a reason, both clocks measured."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.core.access import scope
from apps.core.access.rights import Rights, rights_of
from apps.core.access.scope import ScopedQuerySet
from apps.core.models import Noun
from apps.org.models import Department


class HandoffQuerySet(ScopedQuerySet):
    """Those of departments that give or take, and one's own."""

    def visible_to(self, user: Any, verb: str = "r") -> HandoffQuerySet:
        rights = rights_of(user)
        reach = rights.reach("task", verb)
        if reach.everything:
            return self
        if not reach:
            return self.none()
        near = set(reach.departments) | (set(rights.homes) if reach.own else set())
        own = Q(offered_by_id=rights.user_id) | Q(taken_by_id=rights.user_id)
        return self.filter(Q(department_id__in=near & set(reach.departments)) | Q(to_department_id__in=near) | own)


class HandoffManager(models.Manager.from_queryset(HandoffQuerySet)):  # type: ignore[misc]
    """The first wall: both departments see it."""

    def get_queryset(self) -> HandoffQuerySet:
        rows: HandoffQuerySet = super().get_queryset()
        eyes = scope.current()
        if eyes.everything:
            return rows
        return rows.filter(Q(department_id__in=eyes.departments) | Q(to_department_id__in=eyes.departments))


class Handoff(Noun):
    """One hand-off; `department` gives, `to_department` takes."""

    class State(models.TextChoices):
        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "Accepted"
        RETURNED = "returned", "Returned"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    RESOURCE: ClassVar[str] = "handoff"
    ACCESS_ROW: ClassVar[str] = "task"
    OWN_FIELD: ClassVar[str] = "offered_by_id"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as H12")
    title = models.CharField(max_length=160)
    note = models.TextField("what the others need to know", blank=True)
    about = models.CharField(max_length=120, blank=True, help_text="The record it concerns, such as task:12")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", verbose_name="from department"
    )
    to_department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    contents = models.JSONField(
        "required contents", default=list, blank=True, help_text="What must be there, one line each"
    )
    answer_minutes = models.PositiveIntegerField(
        "answer within, in working minutes", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OFFERED, editable=False)
    offered_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    taken_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField("reason of the return", max_length=300, blank=True, editable=False)
    returns = models.PositiveSmallIntegerField(default=0, editable=False)
    since = models.DateTimeField(null=True, editable=False)
    answer_by = models.DateTimeField(null=True, editable=False)
    # Working time so far: waiting at the receiver's door, back at the giver's, and in the receiver's hands.
    waited = models.DurationField(default=timedelta(0), editable=False)
    mended = models.DurationField(default=timedelta(0), editable=False)
    worked = models.DurationField(default=timedelta(0), editable=False)
    done_at = models.DateTimeField(null=True, editable=False)

    objects = HandoffManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=~Q(department=F("to_department")), name="a hand-off goes to another department"
            )
        ]
        indexes = [
            models.Index(fields=["department", "-id"], name="handoff_from"),
            models.Index(fields=["to_department", "-id"], name="handoff_to"),
        ]

    def __str__(self) -> str:
        return self.title

    def departments_concerned(self) -> tuple[int, ...]:
        return (self.department_id, self.to_department_id)

    def own_for(self, rights: Rights) -> bool:
        """The receiving department's people, and whoever gave or took it."""
        if rights.user_id is not None and rights.user_id in {self.offered_by_id, self.taken_by_id}:
            return True
        return any(self.to_department_id in one.subtree for one in rights.grants)
