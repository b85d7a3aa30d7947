"""The procurement app."""

from apps.core.domain import DomainConfig


class ProcurementConfig(DomainConfig):
    name = "apps.procurement"
    label = "procurement"
