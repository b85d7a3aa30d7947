"""The demo company's stock: parts for valve blocks, four places, lots with genealogy, a held lot, shortages and counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.core.demo import Demo, demo_part
from apps.inventory import gs1, services
from apps.inventory.models import Item, Location, StockPolicy

D = Decimal
# code, name, unit, tracking, cost, GTIN without its check digit, use of a day, opening stock
ITEMS = (
    ("CAST-40", "Valve casting 40 mm", "pcs", "lot", "18.40", "950600013001", 42, 900),
    ("SPOOL-12", "Spool, hardened", "pcs", "lot", "9.75", "950600013002", 42, 1400),
    ("SEAL-8", "Seal ring 8 mm", "pcs", "lot", "0.32", "950600013003", 170, 4600),
    ("BOLT-M8", "Bolt M8×30", "pcs", "none", "0.11", "950600013004", 340, 7100),
    ("OIL-46", "Test oil ISO 46", "l", "none", "4.10", "950600013005", 6, 210),
    ("BOX-V", "Carton for valve blocks", "pcs", "none", "0.85", "950600013006", 40, 180),
    ("VB-40", "Valve block 40 mm", "pcs", "lot", "61.00", "950600013007", 40, 0),
)
PLACES = (
    ("RAW", "Raw material", "LOG", "stock"),
    ("LINE-1", "Beside assembly line 1", "ASM", "stock"),
    ("FG", "Finished goods", "LOG", "stock"),
    ("INSP", "Incoming inspection", "LOG", "inspection"),
)


@demo_part("Stock, lots and counts", 46)
def build(demo: Demo) -> None:
    departments, people = demo.made["departments"], demo.made["people"]
    buyer = people["demo.buy"]
    places = {
        code: services.set_location(code=code, name=name, department=departments[owner], kind=kind, actor=None)
        for code, name, owner, kind in PLACES
    }
    items = {
        code: services.set_item(
            code=code, name=name, department=departments["CO"], unit=unit, tracking=tracking, standard_cost=D(cost),
            gtin=_gtin(base), category="Valve parts", packs={"box": "50"} if unit == "pcs" else {},
            safety_stock=D(use * 3), reorder_point=D(use * 8), actor=None,
        )
        for code, name, unit, tracking, cost, base, use, _ in ITEMS
    }  # fmt: skip
    demo.made |= {"items": items, "places": places}
    noon = timezone.now() - timedelta(days=40)
    _opening(items, places, noon, buyer)
    _weeks(demo, items, places, noon, people["demo.opr"])
    _policies(items, places)
    services.class_items(today=timezone.localdate())
    services.propose_orders(today=timezone.localdate())
    lot = items["SEAL-8"].lots.order_by("-id")[0]
    services.hold_lot(lot, reason="Hardness below 70 Shore A in two of five rings", actor=people["demo.qai"])
    services.plan_count(
        location=places["RAW"], due_on=timezone.localdate(), tolerance=D(1), items=[items["BOLT-M8"], items["CAST-40"]], actor=None
    )  # fmt: skip


def _gtin(base: str) -> str:
    return base + gs1.check_digit(base)


def _opening(items: dict[str, Item], places: dict[str, Location], at: datetime, buyer: Any) -> None:
    for code, *_, stock in ITEMS:
        item = items[code]
        for part, share in enumerate((D("0.7"), D("0.3"))):
            quantity = (D(stock) * share).quantize(D(1))
            if not quantity or code == "VB-40":
                continue
            services.receive_stock(
                item=item, to=places["RAW"], quantity=quantity, unit_cost=item.standard_cost * (D(1) + D(part) / 25),
                lot_number=f"L{26_100 + part * 7}" if item.tracking == "lot" else "", effective_at=at + timedelta(days=part * 14),
                expires_on=(at + timedelta(days=320)).date() if code == "SEAL-8" else None, document="Opening stock", actor=buyer,
            )  # fmt: skip


def _weeks(demo: Demo, items: dict[str, Item], places: dict[str, Location], start: datetime, operator: Any) -> None:
    """Assembly uses parts and makes valve blocks; most of them are shipped."""
    for week in range(5):
        at = start + timedelta(days=15 + week * 5)
        made = D(demo.rng.randrange(80, 120))
        parts = (("CAST-40", 1), ("SPOOL-12", 1), ("SEAL-8", 4), ("BOLT-M8", 8))
        services.produce_stock(
            item=items["VB-40"], to=places["FG"], quantity=made, lot_number=f"VB{26_400 + week}", effective_at=at,
            consumes=[{"item": items[code], "at": places["RAW"], "quantity": made * number} for code, number in parts],
            document=f"Order SO-{8840 + week}", actor=operator,
        )  # fmt: skip
        services.issue_stock(
            item=items["VB-40"], at=places["FG"], quantity=made - D(demo.rng.randrange(2, 9)), effective_at=at + timedelta(days=2),
            document=f"Order SO-{8840 + week}", actor=operator,
        )  # fmt: skip
        services.issue_stock(
            item=items["OIL-46"], at=places["RAW"], quantity=D(30), effective_at=at + timedelta(hours=3), reason="Leak test", actor=operator
        )  # fmt: skip


def _policies(items: dict[str, Item], places: dict[str, Location]) -> None:
    for code, *_, daily, _stock in ITEMS[:-1]:
        services.set_policy(
            item=items[code], location=places["RAW"], method=StockPolicy.Method.SQ, lead_days=D(9), lead_sd=D(2),
            service_level=D("0.97"), daily_demand=D(daily), daily_sd=D(daily) / 4, order_quantity=D(daily) * 20,
            reorder_point=D(daily) * 12, actor=None,
        )  # fmt: skip
