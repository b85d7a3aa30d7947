"""What is on order, told to planning, so that it does not order twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import Q

from apps.core.access import scope
from apps.inventory import queries as stock_queries
from apps.inventory.models import Item, Location
from apps.inventory.supply import contribute, offer_prices
from apps.org import queries as org
from apps.org.models import Department
from apps.procurement import queries
from apps.procurement.lines import number
from apps.procurement.models import Order, PriceList, Requisition, Supplier

OPEN_ORDERS = (Order.State.WAITING, Order.State.PLACED)
OPEN_WISHES = (Requisition.State.WAITING, Requisition.State.APPROVED)


def open_supply(places: list[tuple[int, int]]) -> dict[tuple[int, int], Decimal]:
    """Open quantities of orders and requisitions, for the place of the department that asked or of one above it."""
    with scope.system("planning counts all that is on its way"):
        items = {one.code: one for one in Item.objects.filter(pk__in={item for item, _ in places})}
        if not items:
            return {}
        shelves: dict[int, list[int]] = {}
        for place in Location.objects.filter(pk__in={place for _, place in places}):
            shelves.setdefault(place.department_id, []).append(place.pk)
        wanted, found = set(places), dict[tuple[int, int], Decimal]()
        for department, part, unit, quantity in _open_lines(set(items)):
            item = items[part]
            base = stock_queries.to_base(item, quantity, unit or item.unit)
            near = (place for one in org.chain(department) for place in shelves.get(one.pk, ()))
            key = next(((item.pk, place) for place in near if (item.pk, place) in wanted), None)
            if key is not None:
                found[key] = found.get(key, Decimal(0)) + base
        return found


def _open_lines(parts: set[str]) -> list[tuple[Department, str, str, Decimal]]:
    found: list[tuple[Department, str, str, Decimal]] = []
    # The draft of an order takes its lines off the requisition: from then on it is the draft that counts.
    drafted = Q(state=Order.State.DRAFT, requisition__isnull=False)
    counting = Order.objects.filter(Q(state__in=OPEN_ORDERS) | drafted, archived_at__isnull=True)
    orders = list(counting.select_related("department"))
    done = queries.progress_of(orders)
    for order in orders:
        for line in order.lines:
            came = done.get((order.pk, int(line["line"])), queries.Progress()).accepted
            rest = number(line, "quantity") - came
            if line.get("part") in parts and rest > 0:
                found.append((order.department, line["part"], line.get("unit", ""), rest))
    wishes = Requisition.objects.filter(state__in=OPEN_WISHES, archived_at__isnull=True).select_related("department")
    for wish in wishes:
        ordered = queries.ordered_of(wish)
        for line in wish.lines:
            rest = number(line, "quantity") - ordered.get(int(line["line"]), Decimal(0))
            if line.get("part") in parts and rest > 0:
                found.append((wish.department, line["part"], line.get("unit", ""), rest))
    return found


def agreed_breaks(item: Item, on: date) -> dict[Decimal, Decimal]:
    """What active suppliers' lists ask for the item that day in the currency of its site, per base unit."""
    with scope.system("planning compares all agreed prices"):
        currency = queries.home_currency(item.department)
        lists = PriceList.objects.filter(
            archived_at__isnull=True,
            currency=currency,
            lines__contains=[{"part": item.code}],
            supplier__state=Supplier.State.ACTIVE,
            supplier__archived_at__isnull=True,
        ).select_related("supplier")
        found: dict[Decimal, Decimal] = {}
        for supplier in {one.supplier for one in lists if one.holds_on(on)}:
            for line in queries.agreed_prices(supplier, on=on, currency=currency):
                if line["part"] != item.code:
                    continue
                many = stock_queries.to_base(item, Decimal(1), line.get("unit") or item.unit)
                at, price = number(line, "from_quantity") * many, number(line, "price") / many
                found[at] = min(price, found.get(at, price))
        return found


contribute("procurement", open_supply)
offer_prices("procurement", agreed_breaks)
