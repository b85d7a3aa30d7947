"""What scrap costs, told to the cost of quality."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.core.qualitycosts import INTERNAL, CostFeed, QualityCost, feed
from apps.inventory.models import Move


def _scrap(user: Any, first: date, last: date) -> Iterable[QualityCost]:
    """Scrapped quantities at standard cost; a scrap taken back takes its cost back."""
    rows = Move.objects.visible_to(user).filter(
        Q(kind=Move.Kind.SCRAP) | Q(kind=Move.Kind.REVERSE, reverses__kind=Move.Kind.SCRAP),
        effective_at__date__gte=first,
        effective_at__date__lte=last,
    )
    for one in rows.select_related("item").order_by("pk"):
        sign = 1 if one.kind == Move.Kind.SCRAP else -1
        yield QualityCost(
            department_id=one.department_id,
            on=timezone.localdate(one.effective_at),
            amount=sign * one.quantity * one.item.standard_cost,
            currency=one.item.currency,
            text=f"{one} · {one.reason}" if one.reason else str(one),
            subject=one.subject(),
        )


feed(CostFeed(name="inventory.scrap", label="Scrapped stock at standard cost", quality=INTERNAL, collect=_scrap))
