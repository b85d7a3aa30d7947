"""What workflows does by the clock."""

from apps.workflows.tasks import cases, rules

__all__ = ["cases", "rules"]
