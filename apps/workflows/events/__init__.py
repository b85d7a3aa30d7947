"""What happened to cases, decisions and rules."""

from apps.workflows.events import cases, decisions, definitions, messages, rules

__all__ = ["cases", "decisions", "definitions", "messages", "rules"]
