"""Reports, packs, recipients, promises and deliveries at both doors."""

from apps.reports.resources import packs, runs

__all__ = ["packs", "runs"]
