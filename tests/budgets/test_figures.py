"""The figures budgets offer as KPIs, against amounts worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from apps.budgets import services
from apps.core.access import scope
from apps.core.metrics import metrics
from tests.factories import budgets as make
from tests.factories import people

YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        yield people.cast()


def measured(name: str) -> list[tuple[int, Decimal, Decimal | None]]:
    metric = metrics.get(name)
    assert metric is not None
    return [(one.at.month, one.value, one.weight) for one in metric.collect(*YEAR, "month", "UTC")]


def test_what_a_month_used_and_bound_of_its_budget(cast: Any) -> None:
    line = make.line(cast, total=Decimal(1200))
    services.encumber_funds(line=line, amount=Decimal(60), on=date(2026, 1, 5), document="order:1", actor=None)
    services.spend_funds(
        line=line, amount=Decimal(25), on=date(2026, 1, 9), document="bill:1",
        relieves=("order:1", "", Decimal(20)), actor=None,
    )  # fmt: skip
    assert measured("budgets.adherence")[0] == (1, Decimal(25), Decimal(100))
    assert measured("budgets.committed")[0] == (1, Decimal(40), Decimal(100))
    assert measured("budgets.adherence")[1] == (2, Decimal(0), Decimal(100)), "a month without use is known to be 0"


def test_forecasts_are_held_against_what_came(cast: Any) -> None:
    line = make.line(cast, total=Decimal(1200))
    for month, amount in ((1, 100), (2, 120), (3, 140)):
        services.spend_funds(line=line, amount=Decimal(amount), on=date(2026, month, 5), document="bill", actor=None)
        services.close_period(line.plan, through=line.plan.period_ends[month - 1], actor=None)
    # Each method says 100 for February's 120 and 110 for March's 140; April is not known yet.
    found = [(month, value / weight) for month, value, weight in measured("budgets.forecast_error") if weight]
    assert found == [(2, Decimal(20) / 120), (3, Decimal(30) / 140)]


def test_savings_count_once_finance_validated_them(cast: Any) -> None:
    line = make.line(cast, total=Decimal(1200))
    saving = services.claim_saving(
        line=line, title="LED lights", kind="hard", rhythm="again", baseline=Decimal(1000), expected=Decimal(300),
        starts_on=date(2026, 4, 1), ends_on=date(2026, 12, 31), owner=cast.manager, actor=cast.manager,
    )  # fmt: skip
    assert measured("budgets.savings") == []
    services.judge_saving(saving, verdict="valid", finding="Meter readings agree", actor=cast.by_role["EXE"])
    assert measured("budgets.savings") == [(4, Decimal(300), None)]
