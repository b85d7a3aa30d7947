"""Procurement at both doors."""

from apps.procurement.resources import buying, invoices, orders, suppliers

__all__ = ["buying", "invoices", "orders", "suppliers"]
