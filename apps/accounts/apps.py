"""The accounts app."""

from apps.core.domain import DomainConfig


class AccountsConfig(DomainConfig):
    name = "apps.accounts"
    label = "accounts"
