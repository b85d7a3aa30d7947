"""Loads the kernel's own reactions."""

from apps.core.jobs import running
from apps.core.resources import batches

__all__ = ["batches", "running"]
