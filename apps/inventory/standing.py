"""How the whole stock stands: each item against its own points, and ABC classes by what was used or what was spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from apps.inventory.models import Item, Move
from apps.inventory.planning import classes

MONEY = DecimalField(max_digits=30, decimal_places=12)
NOTHING = Value(Decimal(0), output_field=DecimalField(max_digits=18, decimal_places=6))
BASES = {"usage": "What was used, at standard cost", "spend": "What was received, at what it cost"}
CHOICES = {"usage": "By usage", "spend": "By spend"}
STANDS = {
    "all": "All items with points",
    "below_reorder_point": "Below the reorder point",
    "below_safety_stock": "Below safety stock",
    "zero_stock": "None in stock",
}


def positions(user: Any, *, show: str = "all") -> list[Item]:
    """Items that have a safety stock or a reorder point, each with `total`, what is at all places within reach."""
    rows = (
        Item.objects.visible_to(user)
        .filter(archived_at__isnull=True)
        .filter(Q(safety_stock__isnull=False) | Q(reorder_point__isnull=False))
        .annotate(total=Coalesce(Sum("levels__quantity"), NOTHING))
        .order_by("code")
    )
    return [one for one in rows if stands(one, show)]


def stands(item: Any, show: str) -> bool:
    match show:
        case "below_reorder_point":
            return item.reorder_point is not None and item.total < item.reorder_point
        case "below_safety_stock":
            return item.safety_stock is not None and item.total < item.safety_stock
        case "zero_stock":
            return bool(item.total == 0)
    return True


def figures(items: Iterable[Item]) -> dict[str, int]:
    found = list(items)
    return {name: sum(stands(one, name) for one in found) for name in STANDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Classed:
    """An item with its value in the time, its share of all and its class."""

    item: Item
    value: Decimal
    share: float
    abc: str


def abc(user: Any, *, by: str, until: date, days: int = 365) -> list[Classed]:
    """Dearest first: A while the share before an item is below 80 %, B below 95 %, else C."""
    values = _values(by, until - timedelta(days=days), until)
    items = Item.objects.visible_to(user).in_bulk(list(values))
    known = {str(key): value for key, value in values.items() if key in items and value > 0}
    total = sum(known.values(), Decimal(0))
    found = classes.abc(known)
    rows = sorted(known.items(), key=lambda one: (-one[1], one[0]))
    return [
        Classed(item=items[int(key)], value=value, share=float(value / total), abc=found[key]) for key, value in rows
    ]


def _values(by: str, since: date, until: date) -> dict[int, Decimal]:
    """Reversals and returns to the supplier take off what they take back."""
    kinds, back = (("receive",), ("return",)) if by == "spend" else (("issue", "consume"), ())
    cost = Coalesce(F("unit_cost"), F("item__standard_cost")) if by == "spend" else F("item__standard_cost")
    taken_back = Q(kind__in=back) | Q(kind="reverse", reverses__kind__in=kinds)
    restored = Q(kind="reverse", reverses__kind__in=back)
    rows = Move.objects.filter(
        Q(kind__in=kinds) | taken_back | restored, effective_at__date__gt=since, effective_at__date__lte=until
    ).annotate(
        value=Case(When(taken_back, then=-F("quantity") * cost), default=F("quantity") * cost, output_field=MONEY)
    )
    return dict(rows.values_list("item_id").annotate(total=Sum("value")).order_by())
