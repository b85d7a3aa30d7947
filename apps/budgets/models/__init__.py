"""The nouns of budgets: categories, plans in versions, lines, the ledger of commitments and rates of exchange."""

from apps.budgets.models.ledger import Account, Balance, Commitment, Entry, Kind
from apps.budgets.models.plan import Category, Line, Plan
from apps.budgets.models.rate import Rate

__all__ = ["Account", "Balance", "Category", "Commitment", "Entry", "Kind", "Line", "Plan", "Rate"]
