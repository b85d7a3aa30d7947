"""What a saving came to, read from the actuals of its line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from apps.budgets.models import Account, Entry, Saving
from apps.budgets.queries import ZERO
from apps.core.values import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """The share of the baseline that is over, the actuals of the same days, and the difference."""

    days: int
    all_days: int
    baseline: Decimal
    actual: Decimal

    @property
    def saved(self) -> Decimal:
        return self.baseline - self.actual


def realised(saving: Saving, *, today: date) -> Realised:
    """Through today or its last day; a saving that has not begun has realised nothing."""
    until = min(today, saving.ends_on)
    all_days = (saving.ends_on - saving.starts_on).days + 1
    days = max(0, (until - saving.starts_on).days + 1)
    share = Money(round(saving.baseline * days / all_days, 8), saving.line.plan.currency).rounded().amount
    rows = Entry.objects.filter(
        line_id=saving.line.ledger_id, account=Account.ACTUAL, on__gte=saving.starts_on, on__lte=until
    )
    actual = (rows.aggregate(total=Sum("amount"))["total"] or ZERO) if days else ZERO
    return Realised(days=days, all_days=all_days, baseline=share, actual=actual)
