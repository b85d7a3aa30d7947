"""What the approval engine decided, applied to the requisition or order it was about."""

from __future__ import annotations

from typing import Any

from apps.core.access import scope
from apps.procurement.models import Order, Requisition
from apps.procurement.services.orders import decide_order
from apps.procurement.services.requisitions import decide_requisition


def apply_decision(*, about: str, approved: bool, reason: str = "", actor: Any = None) -> None:
    """Once; a document that moved on meanwhile is left alone."""
    kind, _, key = about.partition(":")
    if not key.isdigit():
        return
    with scope.system("an approval was decided"):
        if kind == Requisition.RESOURCE:
            wish = Requisition.objects.filter(pk=int(key), state=Requisition.State.WAITING).first()
            if wish is not None:
                decide_requisition(wish, approved=approved, reason=reason, actor=actor)
        elif kind == Order.RESOURCE:
            order = Order.objects.filter(pk=int(key), state=Order.State.WAITING).first()
            if order is not None:
                decide_order(order, approved=approved, reason=reason, actor=actor)
