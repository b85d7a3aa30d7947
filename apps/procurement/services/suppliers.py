"""Suppliers and the prices agreed with them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.procurement import events
from apps.procurement.lines import PRICES, check_lines
from apps.procurement.models import Order, PriceList, Supplier
from apps.procurement.services.common import check_currency


def add_supplier(*, actor: Any, **values: Any) -> Supplier:
    check_currency(values.get("currency") or "EUR")
    with transaction.atomic():
        supplier = Supplier(**values)
        supplier.code = supplier.code or f"V{next_number('supplier')}"
        return write.create(supplier, actor=actor, fact=events.SupplierAdded)


def change_supplier(supplier: Supplier, *, actor: Any, version: int | None = None, **values: Any) -> Supplier:
    if "currency" in values:
        check_currency(values["currency"])
    values["code"] = values.get("code") or supplier.code
    return write.change(supplier, values, actor=actor, fact=events.SupplierChanged, version=version)


def archive_supplier(supplier: Supplier, *, actor: Any) -> Supplier:
    open_states = [Order.State.DRAFT, Order.State.WAITING, Order.State.PLACED]
    if Order.objects.filter(supplier=supplier, state__in=open_states, archived_at__isnull=True).exists():
        raise Refused("Orders with it are open. Close or cancel them first.", code="open_orders")
    return write.archive(supplier, actor=actor, fact=events.SupplierChanged)


def restore_supplier(supplier: Supplier, *, actor: Any) -> Supplier:
    return write.restore(supplier, actor=actor, fact=events.SupplierChanged)


def agree_prices(*, actor: Any, **values: Any) -> PriceList:
    check_currency(values.get("currency") or "EUR")
    values["lines"] = _breaks(values.get("lines") or [])
    with transaction.atomic():
        prices = PriceList(**values)
        prices.code = prices.code or f"PL{next_number('price_list')}"
        return write.create(prices, actor=actor, fact=events.PricesAgreed)


def change_prices(prices: PriceList, *, actor: Any, version: int | None = None, **values: Any) -> PriceList:
    if "currency" in values:
        check_currency(values["currency"])
    if "lines" in values:
        values["lines"] = _breaks(values["lines"] or [])
    values["code"] = values.get("code") or prices.code
    return write.change(prices, values, actor=actor, fact=events.PricesChanged, version=version)


def _breaks(lines: Any) -> list[dict[str, Any]]:
    checked = check_lines(lines, PRICES, least=0)
    seen = set()
    for one in checked:
        key = (one["part"], one.get("from_quantity", "0"))
        if key in seen:
            raise Refused(
                f"{key[0]} has two prices from quantity {key[1]}. Keep one.", code="two_prices", field="lines"
            )
        seen.add(key)
    return checked


def archive_prices(prices: PriceList, *, actor: Any) -> PriceList:
    return write.archive(prices, actor=actor, fact=events.PricesChanged)


def restore_prices(prices: PriceList, *, actor: Any) -> PriceList:
    return write.restore(prices, actor=actor, fact=events.PricesChanged)
