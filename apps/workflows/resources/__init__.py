"""Nouns of workflows at both doors."""

from apps.workflows.resources import decisions

__all__ = ["decisions"]
