"""Nouns of workflows at both doors."""

from apps.workflows.resources import cases, decisions, definitions, rules

__all__ = ["cases", "decisions", "definitions", "rules"]
