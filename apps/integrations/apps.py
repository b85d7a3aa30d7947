"""The integrations app: webhooks in and out."""

from apps.core.domain import DomainConfig


class IntegrationsConfig(DomainConfig):
    name = "apps.integrations"
    label = "integrations"
