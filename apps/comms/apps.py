"""The comms app: what people say to each other about the work."""

from apps.core.domain import DomainConfig


class CommsConfig(DomainConfig):
    name = "apps.comms"
    label = "comms"
