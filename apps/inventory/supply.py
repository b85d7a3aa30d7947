"""What is on its way and what is promised: apps above register their open orders, so that planning knows of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from apps.core.registry import Registry
from apps.inventory.models import Item, Proposal

Places = Iterable[tuple[int, int]]
Source = Callable[[list[tuple[int, int]]], dict[tuple[int, int], Decimal]]
sources: Registry[Source] = Registry("source of supply")
demands: Registry[Source] = Registry("source of promised demand")
PriceSource = Callable[[Item, date], dict[Decimal, Decimal]]
prices: Registry[PriceSource] = Registry("source of prices")


def contribute(name: str, source: Source) -> None:
    """`source` gets (item, location) pairs and returns the open quantity of each in the item's own unit."""
    sources.add(name, source)


def open_supply(places: Places) -> dict[tuple[int, int], Decimal]:
    """Open proposals and all that other apps know to be on its way, by item and location."""
    return _sum(sources, places)


def promise(name: str, source: Source) -> None:
    """`source` gets (item, location) pairs and returns what of each is promised to somebody and still to be issued."""
    demands.add(name, source)


def promised(places: Places) -> dict[tuple[int, int], Decimal]:
    """What other apps have promised from stock, by item and location."""
    return _sum(demands, places)


def offer_prices(name: str, source: PriceSource) -> None:
    """`source` gets an item and a day and returns what suppliers ask for one base unit from a quantity on."""
    prices.add(name, source)


def offered_prices(item: Item, on: date) -> dict[Decimal, Decimal]:
    """The lowest price of each quantity among all that apps above know."""
    found: dict[Decimal, Decimal] = {}
    for source in prices:
        for quantity, price in source(item, on).items():
            found[quantity] = min(price, found.get(quantity, price))
    return found


def _sum(registered: Iterable[Source], places: Places) -> dict[tuple[int, int], Decimal]:
    asked = list(places)
    found: dict[tuple[int, int], Decimal] = {}
    for source in registered:
        for key, quantity in source(asked).items():
            found[key] = found.get(key, Decimal(0)) + quantity
    return found


def _proposals(places: list[tuple[int, int]]) -> dict[tuple[int, int], Decimal]:
    rows = (
        Proposal.objects.filter(
            state__in=Proposal.SUPPLY,
            item__in={item for item, _ in places},
            location__in={place for _, place in places},
        )
        .values_list("item_id", "location_id")
        .annotate(total=Sum("quantity"))
    )
    return {(item, place): total for item, place, total in rows}


contribute("proposals", _proposals)
