"""The demo company's purchases: suppliers with a year of deliveries, good and bad, and work under way at every step."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.budgets import services as budgets
from apps.budgets.models import Rate
from apps.core.demo import Demo, demo_part
from apps.procurement import services
from apps.procurement.models import Order, Requisition, Supplier
from apps.procurement.queries import home_currency
from apps.procurement.services.orders import place

# name, country, of ten deliveries so many late, rejected of a hundred, price difference in per cent
SUPPLIERS: tuple[tuple[str, str, int, int, str], ...] = (
    ("Norda Metals", "SE", 1, 0, "0"),
    ("Kolben & Söhne", "DE", 0, 1, "0"),
    ("Tecnoguarnizioni", "IT", 4, 3, "1.5"),
    ("Baltic Fasteners", "LT", 2, 0, "0"),
)
PARTS: tuple[tuple[str, str, str], ...] = (
    ("Bar stock, brass, 40 mm", "kg", "7.80"),
    ("Piston, hardened", "pcs", "12.40"),
    ("Seal ring, NBR 24 mm", "pcs", "0.85"),
    ("Hex bolt M8 x 30", "pcs", "0.11"),
)
DELIVERIES = 14


@demo_part("Suppliers, requisitions, orders and invoices", 75)
def build(demo: Demo) -> None:
    for home in sorted({home_currency(demo.made["departments"][one]) for one in ("LOG", "TEST")} - {"EUR"}):
        if not Rate.objects.filter(currency=home, into="EUR").exists():
            budgets.add_rate(currency=home, into="EUR", valid_from=date(2020, 1, 1), rate=Decimal("0.0893"), actor=None)
    made = [
        services.add_supplier(
            name=name,
            country=country,
            email=f"orders@{name.split()[0].lower()}.example",
            address="Industrial estate 4",
            currency=home_currency(demo.made["departments"]["LOG"]),
            lead_days=10,
            over_percent=Decimal(2),
            actor=None,
        )
        for name, country, *_ in SUPPLIERS
    ]
    services.add_supplier(name="Valvetek", country="PL", state="trial", actor=None)
    for supplier, (_, _, late, bad, dear), part in zip(made, SUPPLIERS, PARTS, strict=True):
        _prices(demo, supplier, part)
        for number in range(DELIVERIES):
            _delivery(demo, supplier, part, number, late=number % 10 < late, bad=bad, dear=Decimal(dear))
    _under_way(demo, made)


def _prices(demo: Demo, supplier: Supplier, part: tuple[str, str, str]) -> None:
    text, unit, price = part
    base = {"part": text[:12].upper().replace(" ", "-").replace(",", ""), "text": text, "unit": unit}
    less = str(round(Decimal(price) * Decimal("0.95"), 4))
    services.agree_prices(
        supplier=supplier,
        title=f"Prices of {demo.until.year}",
        kind="contract",
        currency=supplier.currency,
        valid_from=date(demo.until.year, 1, 1),
        value_limit=Decimal(250_000),
        lines=[base | {"price": price}, base | {"price": less, "from_quantity": "1000"}],
        actor=None,
    )


def _delivery(
    demo: Demo, supplier: Supplier, part: tuple[str, str, str], number: int, *, late: bool, bad: int, dear: Decimal
) -> None:
    """One order of the past, delivered and invoiced."""
    buyer, worker = demo.made["people"]["demo.buy"], demo.made["people"]["demo.opr"]
    text, unit, price = part
    ordered = demo.until - timedelta(days=25 * (number + 1))
    due = ordered + timedelta(days=10)
    quantity = 200 + 50 * demo.rng.randrange(6)
    line = {
        "text": text,
        "quantity": str(quantity),
        "unit": unit,
        "price": price,
        "due_on": due.isoformat(),
    }
    order = _placed(demo, supplier, [line], ordered)
    came = min(due + timedelta(days=4 if late else -1), demo.until)
    rejected = quantity * bad // 100
    goods: dict[str, Any] = {"line": 1, "quantity": str(quantity)}
    if rejected:
        goods |= {"rejected": str(rejected), "reason": "Surface marks"}
    services.receive_goods(order=order, lines=[goods], received_on=came, delivery_note=f"L-{order.pk}", actor=worker)
    asked = round(Decimal(price) * (1 + dear / 100), 4)
    good = quantity - rejected
    services.enter_invoice(
        supplier=supplier,
        number=f"{demo.until.year}-{order.pk:04d}",
        department=order.department,
        currency=order.currency,
        order=order,
        invoiced_on=came,
        amount=asked * good,
        lines=[{"line": 1, "quantity": str(good), "price": str(asked)}],
        actor=buyer,
    )
    services.close_order(order, reason="Rejected parts credited" if rejected else "", actor=buyer)


def _placed(demo: Demo, supplier: Supplier, lines: list[dict[str, Any]], day: date) -> Order:
    order = services.draft_order(
        supplier=supplier,
        department=demo.made["departments"]["LOG"],
        currency=home_currency(demo.made["departments"]["LOG"]),
        ordered_on=day,
        deliver_to="Gate 2",
        lines=lines,
        actor=demo.made["people"]["demo.buy"],
    )
    return place(order, actor=demo.made["people"]["demo.opm"])


def _line(place_: int, quantity: int, due: date | None = None) -> dict[str, Any]:
    text, unit, price = PARTS[place_]
    found = {"text": text, "quantity": str(quantity), "unit": unit, "price": price}
    return found | ({"due_on": due.isoformat()} if due else {})


def _under_way(demo: Demo, made: list[Supplier]) -> None:
    """A request with two offers, a late order, an order in parts, blocked invoices, requisitions of every kind."""
    people = demo.made["people"]
    buyer, today = people["demo.buy"], timezone.localdate()
    wish = _wish(demo, "Seal rings for December", [_line(2, 4000)])
    services.submit_requisition(wish, actor=people["demo.sup"])
    services.apply_decision(about=wish.subject(), approved=True)
    wish.refresh_from_db()
    rfq = services.write_rfq(
        title="Seal rings, 4 000",
        department=wish.department,
        requisition=wish,
        currency=wish.currency,
        answer_by=today,
        actor=buyer,
    )
    asked = timezone.now() - timedelta(days=3)
    services.send_rfq(rfq, suppliers=made[1:4], actor=buyer, now=asked)
    for supplier, price, days in ((made[1], "0.88", 8), (made[2], "0.79", 21)):
        services.record_quotation(
            rfq, supplier=supplier, lines=[{"line": 1, "price": price}], lead_days=days, actor=buyer
        )
    _wish(demo, "Torque wrench for line 2", [{"text": "Torque wrench 40 Nm", "quantity": "1", "price": "310"}])
    _late_and_dear(demo, made)
    _credited(demo, made[1])


def _credited(demo: Demo, supplier: Supplier) -> None:
    """Paid in full, some of it sent back, and the supplier's credit note for it."""
    people, today = demo.made["people"], timezone.localdate()
    order = _placed(demo, supplier, [_line(1, 100, today - timedelta(days=8))], today - timedelta(days=18))
    receipt = services.receive_goods(
        order=order, received_on=today - timedelta(days=9), delivery_note="L-7781", actor=people["demo.opr"]
    )
    price = Decimal(order.lines[0]["price"])

    def enter(kind: str, number: str, quantity: int, days: int) -> None:
        services.enter_invoice(
            kind=kind,
            supplier=supplier,
            number=number,
            department=order.department,
            currency=order.currency,
            order=order,
            invoiced_on=today - timedelta(days=days),
            amount=price * quantity,
            lines=[{"line": 1, "quantity": str(quantity), "price": str(price)}],
            actor=people["demo.buy"],
        )

    enter("invoice", "44120", 100, 7)
    services.return_goods(receipt, line=1, quantity=Decimal(12), reason="Burrs", actor=people["demo.opr"])
    enter("credit", "CN-512", 12, 2)


def _late_and_dear(demo: Demo, made: list[Supplier]) -> None:
    """An invoice before its goods, one that is too dear, and an order that waits for approval."""
    people, departments = demo.made["people"], demo.made["departments"]
    buyer, today = people["demo.buy"], timezone.localdate()
    late = _placed(demo, made[2], [_line(2, 800, today - timedelta(days=6))], today - timedelta(days=20))
    services.receive_goods(order=late, lines=[{"line": 1, "quantity": "300"}], actor=people["demo.opr"])
    services.enter_invoice(
        supplier=made[2],
        number="FT-2207",
        department=late.department,
        currency=late.currency,
        order=late,
        invoiced_on=today - timedelta(days=2),
        amount=Decimal("680"),
        lines=[{"line": 1, "quantity": "800", "price": "0.85"}],
        actor=buyer,
    )
    fresh = _placed(demo, made[0], [_line(0, 500, today + timedelta(days=9))], today - timedelta(days=4))
    services.receive_goods(order=fresh, lines=[{"line": 1, "quantity": "500"}], actor=people["demo.opr"])
    services.enter_invoice(
        supplier=made[0],
        number="NM-90118",
        department=fresh.department,
        currency=fresh.currency,
        order=fresh,
        invoiced_on=today - timedelta(days=1),
        amount=Decimal("4100"),
        lines=[{"line": 1, "quantity": "500", "price": "8.20"}],
        actor=buyer,
    )
    draft = services.draft_order(
        supplier=made[3],
        department=departments["LOG"],
        currency=made[3].currency,
        lines=[_line(3, 20000)],
        actor=buyer,
    )
    services.submit_order(draft, actor=buyer)


def _wish(demo: Demo, title: str, lines: list[dict[str, Any]]) -> Requisition:
    return services.write_requisition(
        title=title,
        department=demo.made["departments"]["TEST"],
        currency=home_currency(demo.made["departments"]["TEST"]),
        lines=lines,
        needed_on=timezone.localdate() + timedelta(days=14),
        actor=demo.made["people"]["demo.sup"],
    )
