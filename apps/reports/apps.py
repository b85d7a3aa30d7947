"""The reports app."""

from apps.core.domain import DomainConfig


class ReportsConfig(DomainConfig):
    name = "apps.reports"
    label = "reports"
