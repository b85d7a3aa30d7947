"""Nouns of work at both doors."""

from apps.work.resources import approvals, series, tasks

__all__ = ["approvals", "series", "tasks"]
