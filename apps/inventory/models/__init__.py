"""Items, places, lots, the ledger, counts and replenishment."""

from apps.inventory.models.count import Count, CountLine
from apps.inventory.models.item import Item, Location, Lot
from apps.inventory.models.ledger import Level, Move, Revaluation
from apps.inventory.models.planning import Proposal, StockPolicy

__all__ = ["Count", "CountLine", "Item", "Level", "Location", "Lot", "Move", "Proposal", "Revaluation", "StockPolicy"]
