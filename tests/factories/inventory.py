"""Makers of items, places, lots, moves, counts, policies and proposals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from apps.accounts.models import User
from apps.inventory import services
from apps.inventory.models import Item, Location
from apps.org.models import Department
from tests.factories.maker import Maker, number
from tests.factories.people import Company


def item(department: Department, owner: Any, **values: Any) -> Item:
    return services.set_item(name=f"Bolt {number()}", department=department, actor=owner, **values)


def place(department: Department, owner: Any, **values: Any) -> Location:
    found = number()
    return services.set_location(code=f"L{found}", name=f"Shelf {found}", department=department, actor=owner, **values)


def stocked(department: Department, owner: Any, quantity: Any = 10, **values: Any) -> tuple[Item, Location]:
    """An item with stock at a place."""
    one, at = item(department, owner, **values), place(department, owner)
    services.receive_stock(item=one, to=at, quantity=Decimal(quantity), unit_cost=Decimal(2), actor=owner)
    return one, at


def _lot(company: Company, department: Department, owner: User) -> Any:
    one, at = item(department, owner, tracking="lot"), place(department, owner)
    return services.receive_stock(item=one, to=at, quantity=Decimal(5), lot_number=f"B{number()}", actor=owner)[0].lot


def _move(company: Company, department: Department, owner: User) -> Any:
    one, at = stocked(department, owner)
    return services.issue_stock(item=one, at=at, quantity=Decimal(1), actor=owner)[0]


def _count(company: Company, department: Department, owner: User) -> Any:
    _, at = stocked(department, owner)
    return services.plan_count(location=at, due_on=date(2026, 12, 1), actor=owner)


def _policy(company: Company, department: Department, owner: User) -> Any:
    one, at = stocked(department, owner, 1)
    return services.set_policy(item=one, location=at, reorder_point=Decimal(4), order_quantity=Decimal(20), actor=owner)


def _proposal(company: Company, department: Department, owner: User) -> Any:
    policy = _policy(company, department, owner)
    return services.propose_orders(
        today=date(2026, 12, 1), policies=type(policy).objects.filter(pk=policy.pk), actor=owner
    )[0]


def _new_move(company: Company, department: Department, owner: Any) -> dict[str, Any]:
    return {
        "kind": "receive",
        "item": item(department, owner).pk,
        "location": place(department, owner).pk,
        "quantity": "3",
    }


MAKERS: dict[str, Maker] = {
    "item": Maker(
        lambda c, d, a: item(d, a),
        lambda c, d, a: {
            "name": f"Nut {number()}",
            "department": d.pk,
            "unit": "pcs",
            "tracking": "none",
            "standard_cost": "1.5",
            "currency": "EUR",
        },
        {"name": "Changed"},
    ),
    "stock_location": Maker(
        lambda c, d, a: place(d, a),
        lambda c, d, a: {"code": f"N{number()}", "name": "Rack", "department": d.pk, "kind": "stock"},
        {"name": "Changed"},
        {"close": {"closed_until": "2020-01-01"}},
    ),
    "lot": Maker(_lot, lambda c, d, a: {}, {"expires_on": "2027-01-01"}, {"hold": {"reason": "Leak"}}),
    "stock_move": Maker(_move, _new_move),
    "stock_count": Maker(
        _count,
        lambda c, d, a: {"location": stocked(d, a)[1].pk, "due_on": "2026-12-24", "tolerance": "1"},
        {"due_on": "2026-12-30"},
    ),
    "stock_policy": Maker(
        _policy,
        lambda c, d, a: {
            "item": item(d, a).pk,
            "location": place(d, a).pk,
            "method": "sQ",
            "order_quantity": "5",
            "lead_days": "3",
            "lead_sd": "0",
            "service_level": "0.95",
        },
        {"lead_days": "9"},
    ),
    "stock_proposal": Maker(_proposal, lambda c, d, a: {}, verb_data={"dismiss": {"reason": "Enough"}}),
}
