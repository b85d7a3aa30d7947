"""Nouns of workflows at both doors."""

from apps.workflows.resources import cases, decisions, definitions

__all__ = ["cases", "decisions", "definitions"]
