"""What happened to tasks, recurring tasks and approvals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.core.events.facts import Changed, Recorded


@dataclass(frozen=True, kw_only=True)
class TaskOpened(Recorded, name="work.task_opened", sentence="Task opened", icon="square-check"):
    """Somebody, or a rule, asked for work. `people` are those it waits for."""

    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaskAssigned(Changed, name="work.task_assigned", sentence="Task assigned", icon="user-check"):
    """A task was given to somebody."""

    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaskChanged(Changed, name="work.task_changed", sentence="Task changed", icon="pencil"):
    """A task was edited, claimed, assigned, started or archived."""


@dataclass(frozen=True, kw_only=True)
class TaskHeld(Changed, name="work.task_held", sentence="Task put on hold", icon="circle-pause"):
    """A task waits for something else; its clock stands still."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class TaskResumed(Changed, name="work.task_resumed", sentence="Task goes on", icon="play"):
    """A held task goes on; its clock runs again."""


@dataclass(frozen=True, kw_only=True)
class TaskCompleted(Changed, name="work.task_completed", sentence="Task done", icon="circle-check"):
    """A task was done, with what was answered and for whom."""

    task_id: int
    source: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    done_for_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class TaskCancelled(Changed, name="work.task_cancelled", sentence="Task cancelled", icon="circle-x"):
    """A task is not needed any more."""

    task_id: int
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskReopened(Changed, name="work.task_reopened", sentence="Task opened again", icon="rotate-ccw"):
    """A task that was done or cancelled is to do again."""

    task_id: int
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskBreached(Changed, name="work.task_breached", sentence="Task is over its SLA", icon="alarm-clock"):
    """The working time of a task's SLA passed before it was done; told once."""

    task_id: int
    source: str = ""
    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SeriesSet(Recorded, name="work.series_set", sentence="Recurring task set up", icon="repeat"):
    """A task that comes again and again was set up."""


@dataclass(frozen=True, kw_only=True)
class SeriesChanged(Changed, name="work.series_changed", sentence="Recurring task changed", icon="repeat"):
    """The rule or template of a recurring task changed."""


@dataclass(frozen=True, kw_only=True)
class PolicySet(Recorded, name="work.policy_set", sentence="Approval policy set", icon="stamp"):
    """Who must approve what was written down."""


@dataclass(frozen=True, kw_only=True)
class PolicyChanged(Changed, name="work.policy_changed", sentence="Approval policy changed", icon="stamp"):
    """Who must approve what changed."""


@dataclass(frozen=True, kw_only=True)
class PolicyStepSet(Recorded, name="work.policy_step_set", sentence="Approval step set", icon="stamp"):
    """A step of an approval policy was written down."""


@dataclass(frozen=True, kw_only=True)
class PolicyStepChanged(Changed, name="work.policy_step_changed", sentence="Approval step changed", icon="stamp"):
    """A step of an approval policy changed."""


@dataclass(frozen=True, kw_only=True)
class ApprovalRequested(Recorded, name="work.approval_requested", sentence="Approval requested", icon="stamp"):
    """Somebody asked whether something may happen. `people` are those it waits for."""

    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ApprovalStepOpened(Changed, name="work.approval_step_opened", sentence="Approval waits for the next step"):
    """The next step, or an escalation of it, is asked."""

    approval_id: int
    people: tuple[int, ...] = ()
    escalated: bool = False


@dataclass(frozen=True, kw_only=True)
class ApprovalAnswered(Changed, name="work.approval_answered", sentence="Approval answered", icon="stamp"):
    """One seat answered; the approval may still wait for others."""

    approval_id: int
    seat_user_id: int
    answered_by_id: int
    answer: str


@dataclass(frozen=True, kw_only=True)
class ApprovalDecided(Changed, name="work.approval_decided", sentence="Approval decided", icon="stamp"):
    """All steps agreed, one refused, or it was withdrawn."""

    approval_id: int
    outcome: str
    about: str = ""
    source: str = ""
    people: tuple[int, ...] = ()
