"""Loads the kernel's own reactions."""

from apps.core.jobs import running

__all__ = ["running"]
