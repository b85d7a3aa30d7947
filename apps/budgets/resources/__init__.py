"""Budgets at both doors."""

from apps.budgets.resources import around, ledger, plans

__all__ = ["around", "ledger", "plans"]
