"""Stock gets the price it was really bought at: an entry beside the ledger, never a change of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.inventory import events
from apps.inventory.models import Move, Revaluation


def revalue_stock(move: Move, *, quantity: Decimal, each: Decimal, document: str, actor: Any) -> Revaluation:
    """`each` is what one piece of a receipt costs more; what of it is still there is revalued, the rest is variance."""
    if move.kind != Move.Kind.RECEIVE or not 0 < quantity <= move.quantity:
        raise Refused("Only what was received is revalued.", code="not_received")
    with transaction.atomic():
        found: Revaluation = Revaluation.objects.create(
            move=move,
            item=move.item,
            department_id=move.department_id,
            quantity=quantity,
            each=each,
            document=document,
            effective_at=timezone.now(),
            actor=actor if isinstance(actor, User) else None,
        )
        emit(
            events.StockRevalued(
                subject=move.subject(),
                departments=move.departments_concerned(),
                title=str(move),
                values={"quantity": str(quantity), "each": str(each), "document": document},
                item_id=move.item_id,
                item=move.item.code,
                quantity=quantity,
                each=each,
                document=document,
            ),
            actor=actor,
        )
        return found
