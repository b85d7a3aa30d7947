"""What the services of procurement share: locking by state, currencies that are known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from apps.budgets.queries import converted
from apps.core.errors import Refused
from apps.core.models import Noun
from apps.core.values import Money
from apps.org.models import Department
from apps.procurement import queries
from apps.work.services.approvals import policy_for

N = TypeVar("N", bound=Noun)


def locked(record: N, *states: str) -> N:
    """The record as it is now, held until the transaction ends; refused outside of these states."""
    related = [one.name for one in record._meta.concrete_fields if one.is_relation and not one.null]
    found: Any = (
        type(record)._default_manager.select_for_update(of=("self",)).select_related(*related).get(pk=record.pk)
    )
    if states and found.state not in states:
        raise Refused(f"{found.code} is {found.get_state_display().lower()} already.", code="wrong_state")
    return found  # type: ignore[no-any-return]


def check_currency(currency: str) -> None:
    Money(Decimal(0), currency)


def at_home(department: Department, amount: Decimal, currency: str, on: date) -> Decimal:
    """An amount in the currency of the department's site; refused without a rate."""
    check_currency(currency)
    return converted(amount, currency, queries.home_currency(department), on)


def asked_amount(about: str, department: Department, amount: Decimal, on: date) -> tuple[Decimal, str]:
    """An amount of the site in the currency its approval policy counts in."""
    home = queries.home_currency(department)
    policy = policy_for(about, department)
    currency = (policy.currency if policy else "") or home
    return converted(amount, home, currency, on), currency
