"""The kpis app."""

from apps.core.domain import DomainConfig


class KpisConfig(DomainConfig):
    name = "apps.kpis"
    label = "kpis"
