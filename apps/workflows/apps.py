"""The workflows app: processes that run, decision tables and rules."""

from apps.core.domain import DomainConfig


class WorkflowsConfig(DomainConfig):
    name = "apps.workflows"
    label = "workflows"
