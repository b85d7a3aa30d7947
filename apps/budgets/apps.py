"""The budgets app."""

from apps.core.domain import DomainConfig


class BudgetsConfig(DomainConfig):
    name = "apps.budgets"
    label = "budgets"
