"""The strategy app."""

from apps.core.domain import DomainConfig


class StrategyConfig(DomainConfig):
    name = "apps.strategy"
    label = "strategy"
