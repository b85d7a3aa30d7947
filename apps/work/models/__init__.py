"""The nouns of work: tasks, recurring tasks, approvals and the policies that say who approves."""

from apps.work.models.approval import Approval, ApprovalStep, Policy, PolicyStep, Seat
from apps.work.models.series import Series
from apps.work.models.task import Priority, Task

__all__ = ["Approval", "ApprovalStep", "Policy", "PolicyStep", "Priority", "Seat", "Series", "Task"]
