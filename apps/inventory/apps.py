"""The inventory app: items, places, lots and the stock ledger."""

from apps.core.domain import DomainConfig


class InventoryConfig(DomainConfig):
    name = "apps.inventory"
    label = "inventory"
