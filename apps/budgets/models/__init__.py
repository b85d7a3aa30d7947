"""The nouns of budgets: categories, plans in versions, lines, the ledger of commitments, and what stands around it."""

from apps.budgets.models.around import Outlook, Remark, Saving, Synonym, Transfer
from apps.budgets.models.ledger import Account, Balance, Commitment, Entry, Kind
from apps.budgets.models.plan import Category, Line, Plan
from apps.budgets.models.rate import Rate

__all__ = [
    "Account",
    "Balance",
    "Category",
    "Commitment",
    "Entry",
    "Kind",
    "Line",
    "Outlook",
    "Plan",
    "Rate",
    "Remark",
    "Saving",
    "Synonym",
    "Transfer",
]
