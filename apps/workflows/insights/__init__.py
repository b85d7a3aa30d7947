"""What workflows shows elsewhere."""

from apps.workflows.insights import rules

__all__ = ["rules"]
