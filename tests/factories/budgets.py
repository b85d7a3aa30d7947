"""Makers of budget categories, plans, lines, entries and rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from apps.accounts.models import User
from apps.budgets import services
from apps.budgets.models import Entry, Line, Plan
from apps.org.models import Department
from tests.factories import people
from tests.factories.maker import Maker, code, number
from tests.factories.people import Cast, Company

CURRENCIES = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "CAD",
    "AUD",
    "NZD",
    "ZAR",
    "MXN",
    "BRL",
    "INR",
)


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


def _category(company: Company, department: Department, owner: User) -> Any:
    return services.add_category(code=code().lower(), name=f"Category {number()}", actor=owner)


PLACES = count()  # of their own: the common number comes round again in a long run


def _place() -> dict[str, Any]:
    """A fiscal year and currency that no other budget of the run has."""
    at = next(PLACES)
    # Not about now: no purchase of today may meet them.
    years = [*range(1990, 2024), *range(2030, 2096)]
    return {"fiscal_year": years[at % 100], "currency": CURRENCIES[at // 100 % len(CURRENCIES)]}


def _plan(company: Company, department: Department, owner: User) -> Plan:
    return services.draft_plan(name=f"Budget {number()}", department=department, owner=owner, actor=owner, **_place())


def _line(company: Company, department: Department, owner: User) -> Line:
    plan = _plan(company, department, owner)
    return services.add_line(plan=plan, project=f"Overhaul {number()}", total=Decimal(1200), actor=owner)


def _booked(company: Company, department: Department, owner: User) -> Line:
    return approved(_line(company, department, owner))


def _entry(company: Company, department: Department, owner: User) -> Any:
    line = _booked(company, department, owner)
    services.spend_funds(
        line=line, amount=Decimal(10), on=line.plan.period_ends[0], document=f"bill {number()}", actor=owner
    )
    return Entry.objects.get(line=line, account="actual")


def _transfer(company: Company, department: Department, owner: User) -> Any:
    plan = _plan(company, department, people.user(role="DPM", department=department))
    one = services.add_line(plan=plan, total=Decimal(1200), actor=owner)
    two = services.add_line(plan=plan, project="two", total=Decimal(1200), actor=owner)
    services.approve_plan(plan, actor=None)
    one, two = Line.objects.get(pk=one.pk), Line.objects.get(pk=two.pk)
    return services.ask_transfer(
        from_line=one, to_line=two, amount=Decimal(5), on=plan.period_ends[0], reason=f"Need {number()}", actor=owner
    )


def _transfer_data(company: Company, department: Department, actor: User) -> dict[str, Any]:
    made = _transfer(company, department, people.user())
    return {
        "from_line": made.from_line_id,
        "to_line": made.to_line_id,
        "amount": "7",
        "on": made.on.isoformat(),
        "reason": "More tools",
    }


def _saving(company: Company, department: Department, owner: User) -> Any:
    return services.claim_saving(
        line=_booked(company, department, owner),
        title=f"Saving {number()}",
        baseline=Decimal(1000),
        expected=Decimal(100),
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        owner=owner,
        actor=owner,
    )


MAKERS: dict[str, Maker] = {
    "budget_category": Maker(
        _category,
        lambda c, d, a: {"code": code().lower(), "name": "New category", "nature": "expense"},
        {"name": "Changed"},
    ),
    "exchange_rate": Maker(
        lambda c, d, o: services.add_rate(
            currency="USD", into="EUR", valid_from=date(1990 + number() % 400, 1, 1), rate=Decimal("0.9"), actor=o
        ),
        lambda c, d, a: {
            "currency": "GBP",
            "into": "EUR",
            "valid_from": f"{1990 + number() % 400}-01-01",
            "rate": "1.17",
        },
        {"rate": "1.25"},
    ),
    "budget_plan": Maker(
        _plan,
        lambda c, d, a: {
            "name": f"New {number()}",
            "department": d.pk,
            "owner": a.pk,
            "rhythm": "month",
            **_place(),
            "warn_at": "90",
            "over_at": "100",
            "period_check": "allow",
            "to_date_check": "warn",
            "year_check": "block",
            "tolerance": "10",
        },
        {"name": "Changed"},
        {"revise": {"version_kind": "revised"}, "close": {"through": "2026-03-31"}},
    ),
    "budget_line": Maker(
        _line,
        lambda c, d, a: {
            "plan": _plan(c, d, a).pk,
            "department": d.pk,
            "spread": "even",
            "total": "1200",
        },
        {"note": "Changed"},
        {"explain": {"period": 1, "text": "Prices rose"}},
    ),
    "budget_entry": Maker(
        _entry,
        lambda c, d, a: {
            "line": (one := _booked(c, d, a)).pk,
            "amount": "25",
            "on": one.plan.period_ends[1].isoformat(),
            "document": f"bill {number()}",
        },
        verb_data={"reverse": {"reason": "Wrong line"}},
    ),
    "budget_transfer": Maker(_transfer, _transfer_data, follow_ups=1),
    "saving": Maker(
        _saving,
        lambda c, d, a: {
            "line": _booked(c, d, a).pk,
            "title": f"New {number()}",
            "kind": "hard",
            "rhythm": "again",
            "baseline": "1000",
            "expected": "100",
            "starts_on": "2026-01-01",
            "ends_on": "2026-12-31",
            "owner": a.pk,
        },
        {"title": "Changed"},
        {"judge": {"verdict": "valid"}},
    ),
    "budget_synonym": Maker(
        lambda c, d, o: services.map_synonym(field="nature", text=f"Exp {number()}", means="expense", actor=o),
        lambda c, d, a: {"field": "nature", "text": f"exp {number()}", "means": "expense"},
        {"means": "revenue"},
    ),
}
