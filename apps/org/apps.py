"""The org app."""

from apps.core.domain import DomainConfig


class OrgConfig(DomainConfig):
    name = "apps.org"
    label = "org"
