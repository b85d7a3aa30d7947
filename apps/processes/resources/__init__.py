"""Nouns of processes at both doors."""

from apps.processes.resources import catalogue, documents, handoffs

__all__ = ["catalogue", "documents", "handoffs"]
