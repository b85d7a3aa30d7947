"""The kernel as a Django app."""

from apps.core.domain import DomainConfig


class CoreConfig(DomainConfig):
    name = "apps.core"
    label = "core"
