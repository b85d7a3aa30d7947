"""Nouns of workflows at both doors."""

from apps.workflows.resources import cases, decisions, definitions, messages, rules

__all__ = ["cases", "decisions", "definitions", "messages", "rules"]
