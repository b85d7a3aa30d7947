"""The availability check: ok, warn or block by the bands of the plan, and who may override a block."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.budgets.models import Line, Plan
from apps.budgets.queries import Standing, standings_at
from apps.budgets.services.books import open_period, own_amount
from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import NotAllowed, Refused
from apps.core.values import Money

HUNDRED = Decimal(100)
VERDICTS = ("ok", "warn", "block")


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """What a line says to an amount: "ok", "warn" or "block", with what is free in the year and to date."""

    verdict: str
    available: Decimal
    available_to_date: Decimal
    message: str = ""


def check_funds(*, line: Line, amount: Decimal, on: date, currency: str = "") -> Availability:
    """Whether the line would bear this amount on that day, by the bands of its plan. Writes nothing."""
    with scope.system("a line answers whoever wants to buy"):
        family, period = open_period(line, on, closed_too=True)
        return _judge(line, family, period, own_amount(amount, currency, family, on))


def _judge(line: Line, family: Plan, period: int, amount: Decimal) -> Availability:
    alone, to_date, year = standings_at(line, period)
    verdict, spoken = 0, ""
    for found, rule, words in (
        (alone, family.period_check, "in this period"),
        (to_date, family.to_date_check, "to date"),
        (year, family.year_check, "in the year"),
    ):
        grade = _grade(found, amount, rule, family)
        if grade > verdict or (grade and words == "in the year" and grade >= verdict):
            verdict, spoken = grade, _sentence(line, family, found, amount, words)
    if line.category is not None and line.category.nature != "expense":
        verdict, spoken = 0, ""
    return Availability(
        verdict=VERDICTS[verdict], available=year.available, available_to_date=to_date.available, message=spoken
    )


def _grade(found: Standing, amount: Decimal, rule: str, family: Plan) -> int:
    """0 ok, 1 warn, 2 block. Relief and nothing at all are always fine."""
    if amount <= 0 or rule == Plan.Check.ALLOW:
        return 0
    after = found.used + amount
    if after * HUNDRED > found.appropriated * family.over_at:
        return 2 if rule == Plan.Check.BLOCK else 1
    return 1 if after * HUNDRED > found.appropriated * family.warn_at else 0


def _sentence(line: Line, family: Plan, found: Standing, amount: Decimal, words: str) -> str:
    left = Money(found.available, family.currency).format()
    after = Money(found.available - amount, family.currency).format()
    return f"“{line}” has {left} left {words}; after this it falls to {after}."


def pass_or_refuse(line: Line, family: Plan, *, period: int, amount: Decimal, override: str, actor: Any) -> str:
    """Nothing where the check lets it through, else the reason of somebody who may override; else a refusal."""
    found = _judge(line, family, period, amount)
    if found.verdict != "block":
        return ""
    reason = override.strip()
    if not reason:
        raise Refused(
            f"{found.message} Ask for a transfer, or for somebody who may override the check.",
            code="over_budget",
            field="amount",
            details={"available": str(found.available), "available_to_date": str(found.available_to_date)},
        )
    if not rights_of(actor).covers("budget_plan", "a", line):
        raise NotAllowed("Only those who approve budgets may override the check.")
    return reason[:300]
