"""Actuals entered or taken back by a person, as verbs on an entry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from apps.budgets.models import Account, Entry, Line
from apps.budgets.services.ledger import reverse_entries, spend_funds


def enter_actual(
    *,
    line: Line,
    amount: Decimal,
    on: date,
    document: str,
    currency: str = "",
    quantity: Decimal | None = None,
    actor: Any,
) -> Entry:
    spend_funds(
        line=line,
        amount=amount,
        currency=currency.strip().upper(),
        on=on,
        document=document,
        quantity=quantity,
        actor=actor,
    )
    found: Entry = Entry.objects.filter(line_id=line.ledger_id, account=Account.ACTUAL, document=document).latest("pk")
    return found


def take_back(entry: Entry, *, reason: str, actor: Any) -> Entry:
    """All legs of its transaction at once."""
    made = reverse_entries(txn=entry.txn, reason=reason, actor=actor)
    return next(one for one in made if one.account == Account.ACTUAL)
