"""The dashboard app."""

from apps.core.domain import DomainConfig


class DashboardConfig(DomainConfig):
    name = "apps.dashboard"
    label = "dashboard"
