"""What workflows does by the clock."""

from apps.workflows.tasks import cases

__all__ = ["cases"]
