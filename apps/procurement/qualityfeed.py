"""What suppliers' bad goods are worth, told to the cost of quality."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from apps.core.qualitycosts import INTERNAL, CostFeed, QualityCost, feed
from apps.procurement.models import Flow, Order

Collect = Callable[[Any, date, date], Iterable[QualityCost]]


def _flows(kind: str, words: str) -> Collect:
    """Goods of one kind at the price of their order line; what is taken back has its sign turned."""

    def collect(user: Any, first: date, last: date) -> Iterable[QualityCost]:
        rows = Flow.objects.filter(order__in=Order.objects.visible_to(user), kind=kind, day__gte=first, day__lte=last)
        for one in rows.select_related("order").order_by("pk"):
            yield QualityCost(
                department_id=one.department_id,
                on=one.day,
                amount=one.quantity * one.price,
                currency=one.order.currency,
                text=f"{words} {one.quantity.normalize():f} of {one.order.code}, line {one.line}",
                subject=one.document,
            )

    return collect


feed(
    CostFeed(
        name="procurement.rejected",
        label="Goods rejected on receipt at order price",
        quality=INTERNAL,
        collect=_flows(Flow.Kind.REJECTED, "Rejected"),
    )
)
feed(
    CostFeed(
        name="procurement.returned",
        label="Accepted goods returned to suppliers at order price",
        quality=INTERNAL,
        collect=_flows(Flow.Kind.RETURNED, "Returned"),
    )
)
