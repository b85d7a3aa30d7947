"""Makers of budget categories, plans, lines, entries and rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.budgets import services
from apps.budgets.models import Line, Plan
from tests.factories.people import Cast


def plan(cast: Cast, **values: Any) -> Plan:
    """A draft of the plant's budget of 2026, of the manager."""
    return services.draft_plan(
        **(
            {
                "name": "Plant 2026",
                "department": cast.company.plant,
                "owner": cast.manager,
                "fiscal_year": 2026,
                "actor": cast.manager,
            }
            | values
        )
    )


def approved(one: Line) -> Line:
    services.approve_plan(one.plan, actor=None)
    return Line.objects.select_related("plan", "department", "category").get(pk=one.pk)


def line(cast: Cast, *, total: Decimal = Decimal(12_000), **values: Any) -> Line:
    """The one line of an approved budget that goes by the year."""
    return approved(services.add_line(plan=plan(cast, **values), total=total, actor=cast.manager))
