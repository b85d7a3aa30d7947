"""The work app: one inbox for everybody."""

from apps.core.domain import DomainConfig


class WorkConfig(DomainConfig):
    name = "apps.work"
    label = "work"
