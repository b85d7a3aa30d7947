"""Nouns of inventory at both doors."""

from apps.inventory.resources import counts, items, planning, stock

__all__ = ["counts", "items", "planning", "stock"]
