"""Reactions of cases and rules to facts, and what must always be true of them."""

from apps.workflows import replaying
from apps.workflows.handlers import cases, rules

__all__ = ["cases", "replaying", "rules"]
