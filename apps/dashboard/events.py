"""What happened to dashboards."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Fact, Recorded


@dataclass(frozen=True, kw_only=True)
class DashboardMade(Recorded, name="dashboard.dashboard_made", sentence="Dashboard made", icon="layout-dashboard"):
    """Somebody arranged a dashboard of their own."""


@dataclass(frozen=True, kw_only=True)
class DashboardChanged(Changed, name="dashboard.dashboard_changed", sentence="Dashboard changed"):
    """Cards, title or sharing of a dashboard changed."""


@dataclass(frozen=True, kw_only=True)
class DashboardRemoved(Fact, name="dashboard.dashboard_removed", sentence="Dashboard removed", icon="trash"):
    """Its owner removed a dashboard."""
