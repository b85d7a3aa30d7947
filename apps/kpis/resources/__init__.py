"""KPIs, targets, readings, watches and alerts at both doors."""

from apps.kpis.resources import alerts, definitions, readings

__all__ = ["alerts", "definitions", "readings"]
