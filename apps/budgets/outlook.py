"""Forecasts of a line to the end of its year, each with its interval, and how wrong those kept before turned out.

run rate: actual ÷ periods passed × all periods (a rolling estimate at completion). seasonal: actual ÷ the share of the
budget that belonged to the periods passed, the estimate at completion BAC ÷ CPI of earned value. driver: actual plus the
quantity still planned at the price paid so far.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.budgets.models import Account, Balance, Entry, Line, Outlook
from apps.budgets.queries import ZERO
from apps.core.science.measures import Accuracy, accuracy

# Two-sided 95 % points of Student's t for 1 … 11 degrees of freedom.
T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201)
LEAST_PERIODS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A line's budget and actual per period, through the last whole period."""

    budget: tuple[Decimal, ...]
    actual: tuple[Decimal, ...]
    quantity: Decimal | None = None
    planned_quantity: Decimal | None = None

    @property
    def passed(self) -> int:
        return len(self.actual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What the year will come to, between lower and upper in 95 of 100 cases, and what the next period will bring."""

    method: str
    total: Decimal
    lower: Decimal | None
    upper: Decimal | None
    next_value: Decimal


def estimates(course: Course) -> dict[str, Estimate]:
    """Every method that the line has the data for; none before the first whole period."""
    spent, periods = sum(course.actual, ZERO), len(course.budget)
    left = periods - course.passed
    if not course.passed:
        return {}
    found = {"run rate": [spent / course.passed] * left}
    passed_budget = sum(course.budget[: course.passed], ZERO)
    if passed_budget > 0:
        found["seasonal"] = [spent / passed_budget * one for one in course.budget[course.passed :]]
    if course.quantity and course.planned_quantity and sum(course.budget, ZERO):
        price = spent / course.quantity
        per = course.planned_quantity / sum(course.budget, ZERO)
        found["driver"] = [one * per * price for one in course.budget[course.passed :]]
    return {name: _estimate(name, course, values) for name, values in found.items()}


def best(course: Course) -> Estimate | None:
    """By driver where quantities are known, along the budget's seasons where they differ, else at the run rate."""
    found = estimates(course)
    if "driver" in found:
        return found["driver"]
    uneven = len({round(one, 1) for one in course.budget}) > 1
    return found.get("seasonal" if uneven else "run rate") or found.get("run rate")


def _estimate(name: str, course: Course, rest: list[Decimal]) -> Estimate:
    spent = sum(course.actual, ZERO)
    total = spent + sum(rest, ZERO)
    margin = _margin(name, course, len(rest))
    return Estimate(
        method=name,
        total=round(total, 2),
        lower=None if margin is None else round(total - margin, 2),
        upper=None if margin is None else round(total + margin, 2),
        next_value=round(rest[0], 2) if rest else ZERO,
    )


def _margin(name: str, course: Course, left: int) -> Decimal | None:
    """From how much whole periods strayed from the method's level: t × s × √(left + left² ÷ passed)."""
    if course.passed < LEAST_PERIODS:
        return None
    if not left:
        return ZERO
    level = sum(course.actual, ZERO) / course.passed
    if name != "run rate" and (passed := sum(course.budget[: course.passed], ZERO)) > 0:
        rate = sum(course.actual, ZERO) / passed
        misses = [float(real - rate * plan) for real, plan in zip(course.actual, course.budget, strict=False)]
    else:
        misses = [float(real - level) for real in course.actual]
    spread = math.sqrt(sum(one * one for one in misses) / (course.passed - 1))
    t = T95[min(course.passed - 1, len(T95)) - 1]
    return Decimal(str(round(t * spread * math.sqrt(left + left * left / course.passed), 2)))


def courses(lines: Sequence[Line], *, passed: int) -> dict[int, Course]:
    """Ledger key → course through `passed` whole periods."""
    by_key = {one.ledger_id: one for one in lines}
    sums: dict[tuple[int, str, int], Decimal] = {
        (line, account, period): amount
        for line, account, period, amount in Balance.objects.filter(line_id__in=by_key).values_list(
            "line_id", "account", "period", "amount"
        )
    }
    quantities: dict[int, Decimal] = {}
    driven = [key for key, one in by_key.items() if one.quantity is not None]
    rows = Entry.objects.filter(line_id__in=driven, account=Account.ACTUAL, period__lte=passed, quantity__isnull=False)
    for key, quantity in rows.values_list("line_id", "quantity"):
        quantities[key] = quantities.get(key, ZERO) + quantity
    return {
        key: Course(
            budget=tuple(
                -sums.get((key, Account.APPROPRIATED, at), ZERO) for at in range(1, len(one.plan.period_ends) + 1)
            ),
            actual=tuple(sums.get((key, Account.ACTUAL, at), ZERO) for at in range(1, passed + 1)),
            quantity=quantities.get(key),
            planned_quantity=one.quantity,
        )
        for key, one in by_key.items()
    }


def keep(lines: Sequence[Line], *, passed: int) -> int:
    """Every method's estimate after a closed period; one kept already stays."""
    rows = [
        Outlook(
            line_id=key,
            department_id=next(one.department_id for one in lines if one.ledger_id == key),
            after=passed,
            method=name,
            total=one.total,
            next_value=one.next_value,
        )
        for key, course in courses(lines, passed=passed).items()
        for name, one in estimates(course).items()
    ]
    return len(Outlook.objects.bulk_create(rows, ignore_conflicts=True))


def tracked(lines: Sequence[Line], *, passed: int) -> dict[str, Accuracy]:
    """Method → error of what was forecast for the next period against what it brought (bias is `me`)."""
    found = courses(lines, passed=passed)
    pairs: dict[str, tuple[list[float], list[float], list[float]]] = {}
    kept = Outlook.objects.filter(line_id__in=found, after__lt=passed).order_by("line_id", "after")
    for one in kept:
        actual, guesses, before = pairs.setdefault(one.method, ([], [], []))
        course = found[one.line_id].actual
        actual.append(float(course[one.after]))
        guesses.append(float(one.next_value))
        before.extend(float(value) for value in course)
    return {
        name: accuracy(actual, guesses, train=before) for name, (actual, guesses, before) in pairs.items() if actual
    }
