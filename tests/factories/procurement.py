"""Makers of suppliers, prices, requisitions, requests, orders, receipts and invoices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from apps.accounts.models import User
from apps.core.access import scope
from apps.org.models import Department
from apps.procurement import services
from apps.procurement.models import Order, Supplier
from apps.procurement.services.orders import place
from tests.factories.maker import Maker, number
from tests.factories.people import Company

LINE: dict[str, Any] = {"part": "SEAL-24", "text": "Seal kit 24 mm", "quantity": "10", "unit": "pcs", "price": "4.50"}


def supplier(**values: Any) -> Supplier:
    return services.add_supplier(**({"name": f"Norda Metals {number()}", "actor": None} | values))


def placed(department: Department, owner: Any = None, *, lines: Any = None, **values: Any) -> Order:
    """An order that went out, without the story of its approval."""
    order = services.draft_order(
        supplier=values.pop("supplier", None) or supplier(),
        department=department,
        lines=lines or [LINE],
        actor=owner,
        **values,
    )
    with scope.system("a maker needs a placed order"):
        return place(order, actor=owner)


def _requisition(company: Company, department: Department, owner: User) -> Any:
    return services.write_requisition(title=f"Seal kits {number()}", department=department, lines=[LINE], actor=owner)


def _rfq(company: Company, department: Department, owner: User) -> Any:
    lines = [{name: value for name, value in LINE.items() if name != "price"}]
    return services.write_rfq(title=f"Ask for seals {number()}", department=department, lines=lines, actor=owner)


def _order(company: Company, department: Department, owner: User) -> Any:
    return services.draft_order(supplier=supplier(), department=department, lines=[LINE], actor=owner)


def _receipt(company: Company, department: Department, owner: User) -> Any:
    order = placed(department, owner)
    return services.receive_goods(
        order=order, lines=[{"line": 1, "quantity": "4"}], delivery_note=f"DN{number()}", actor=owner
    )


def _invoice(company: Company, department: Department, owner: User) -> Any:
    return services.enter_invoice(
        supplier=supplier(),
        number=f"RE-{number():05d}",
        department=department,
        invoiced_on=date(2026, 2, 2),
        amount=Decimal(45),
        actor=owner,
    )


def _prices(company: Company, department: Department, owner: User) -> Any:
    return services.agree_prices(
        supplier=supplier(),
        title=f"Seals {number()}",
        valid_from=date(2026, 1, 1),
        lines=[{"part": "SEAL-24", "price": "4.50"}],
        actor=owner,
    )


MAKERS: dict[str, Maker] = {
    "supplier": Maker(
        lambda c, d, o: supplier(actor=o),
        lambda c, d, a: {
            "name": f"New {number()}",
            "state": "active",
            "currency": "EUR",
            "payment_days": 30,
            "lead_days": 14,
            "over_percent": "0",
            "price_percent": "2",
            "price_amount": "50",
        },
        {"name": "Changed"},
    ),
    "price_list": Maker(
        _prices,
        lambda c, d, a: {
            "supplier": supplier().pk,
            "title": f"New {number()}",
            "kind": "list",
            "currency": "EUR",
            "valid_from": "2026-01-01",
        },
        {"title": "Changed"},
    ),
    "requisition": Maker(
        _requisition,
        lambda c, d, a: {"title": f"New {number()}", "department": d.pk, "currency": "EUR"},
        {"title": "Changed"},
        {"order": {}, "cancel": {"reason": "Not needed"}},
    ),
    "rfq": Maker(
        _rfq,
        lambda c, d, a: {"title": f"New {number()}", "department": d.pk, "currency": "EUR"},
        {"title": "Changed"},
        {"send": {}, "quote": {}, "award": {}},
    ),
    "purchase_order": Maker(
        _order,
        lambda c, d, a: {"supplier": supplier().pk, "department": d.pk, "currency": "EUR"},
        {"terms": "Changed"},
        {"revise": {"reason": "More"}, "cancel": {"reason": "Not needed"}},
    ),
    "goods_receipt": Maker(
        _receipt,
        lambda c, d, a: {"order": placed(d).pk},
        verb_data={"return": {"line": 1, "quantity": "1", "reason": "Bent"}, "reverse": {"reason": "Wrong"}},
    ),
    "supplier_invoice": Maker(
        _invoice,
        lambda c, d, a: {
            "supplier": supplier().pk,
            "kind": "invoice",
            "number": f"N-{number():05d}",
            "department": d.pk,
            "invoiced_on": "2026-02-02",
            "currency": "EUR",
            "amount": "45",
        },
        {"number": "Changed"},
        {"release": {"reason": "Agreed by phone"}, "reject": {"reason": "Not ours"}},
    ),
}
