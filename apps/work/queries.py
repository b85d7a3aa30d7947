"""Questions about the inbox: what waits for a person, in which order, and what approvals ask of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.core.access.rights import rights_of
from apps.core.web import cells
from apps.work.models import Approval, ApprovalStep, Seat, Task
from apps.work.models.task import claimable_by

MOST = 100


@dataclass(frozen=True)
class Inbox:
    """A person's work by time: late, today, within a week, later, on hold, and what they may take."""

    late: tuple[Task, ...]
    today: tuple[Task, ...]
    week: tuple[Task, ...]
    later: tuple[Task, ...]
    held: tuple[Task, ...]
    claimable: tuple[Task, ...]
    approvals: tuple[Approval, ...]

    @property
    def first(self) -> Task | None:
        return next((group[0] for group in (self.late, self.today, self.week, self.later) if group), None)

    @property
    def offline(self) -> tuple[Task, ...]:
        """What a phone keeps for a day without network."""
        return (*self.late, *self.today, *self.week)[:30]


def inbox(user: Any, *, now: datetime) -> Inbox:
    """Own tasks and those of people one stands in for, by due time; in the reader's own days."""
    rights = rights_of(user)
    mine = Task.objects.open().filter(assignee_id__in=[user.pk, *rights.principals])
    tasks = list(
        mine.select_related("department", "assignee").order_by(F("due_at").asc(nulls_last=True), "-priority")[:MOST]
    )
    today = now.astimezone(cells.zone_of(user)).date()
    groups: dict[str, list[Task]] = {name: [] for name in ("late", "today", "week", "later", "held")}
    for task in tasks:
        groups[_when(task, now, today, user)].append(task)
    pool = Task.objects.open().filter(claimable_by(rights)).select_related("department")
    return Inbox(
        **{name: tuple(found) for name, found in groups.items()},
        claimable=tuple(pool.order_by(F("due_at").asc(nulls_last=True), "-priority")[:20]),
        approvals=tuple(waiting_approvals(user)),
    )


def _when(task: Task, now: datetime, today: Any, user: Any) -> str:
    if task.state == Task.State.HELD:
        return "held"
    if task.due_at is None:
        return "later"
    if task.due_at < now:
        return "late"
    day = task.due_at.astimezone(cells.zone_of(user)).date()
    if day == today:
        return "today"
    return "week" if day <= today + timedelta(days=7) else "later"


def open_seats(user: Any) -> QuerySet[Seat]:
    """Seats a person may take: their own, and those of people they stand in for. One person counts once: in a step
    they answer once, and for somebody else only where they have not answered for themselves.
    """
    answered = Seat.objects.filter(answered_by=user.pk)
    own = Q(user_id=user.pk) & ~Exists(answered.filter(step=OuterRef("step")))
    stands_in = Q(user_id__in=rights_of(user).principals)
    for_others = stands_in & ~Exists(answered.filter(step__approval=OuterRef("step__approval")))
    return Seat.objects.filter(own | for_others, step__state=ApprovalStep.State.OPEN, answer="")


def waiting_approvals(user: Any) -> list[Approval]:
    """Approvals with a free seat of the person, or of somebody they stand in for; never their own requests."""
    seat = open_seats(user).filter(step__approval=OuterRef("pk"))
    found = Approval.objects.filter(Exists(seat), state=Approval.State.PENDING, archived_at__isnull=True)
    return list(
        found.exclude(requested_by_id=user.pk)
        .exclude(written_by_id=user.pk)
        .select_related("requested_by", "department")
        .order_by("created_at")[:MOST]
    )
