"""The processes app: catalogue, controlled documents and hand-offs."""

from apps.core.domain import DomainConfig


class ProcessesConfig(DomainConfig):
    name = "apps.processes"
    label = "processes"
