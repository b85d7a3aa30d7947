"""Variances against a published example, transfers that need both owners, savings claimed once, forecasts with error."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.budgets import outlook, queries, savings, services, variance
from apps.budgets.handlers import settle_transfer
from apps.budgets.models import Line, Outlook, Saving, Transfer
from apps.budgets.outlook import Course
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.work import services as work
from apps.work.models import Approval
from tests.factories import budgets as make
from tests.factories import people

JUNE = date(2026, 6, 10)


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        yield people.cast()


def test_the_split_gives_the_figures_of_the_textbook() -> None:
    """Horngren, Cost Accounting, Webb Company: direct material of 10 000 jackets made, 12 000 planned."""
    found = variance.split_variance(
        planned_quantity=Decimal(24_000),
        rate=Decimal(30),
        actual_quantity=Decimal(22_200),
        actual=Decimal(621_600),
        planned_output=Decimal(12_000),
        actual_output=Decimal(10_000),
    )
    assert (found.price, found.efficiency, found.volume) == (-44_400, 66_000, -120_000)
    assert found.total == 621_600 - 720_000


def test_the_report_splits_explains_and_signs(cast: Any) -> None:
    line = make.approved(
        services.add_line(
            plan=make.plan(cast, rhythm="year"),
            quantity=Decimal(24_000),
            rate=Decimal(30),
            output=Decimal(12_000),
            unit="yd",
            actor=None,
        )
    )
    services.spend_funds(
        line=line, amount=Decimal(621_600), quantity=Decimal(22_200), on=JUNE, document="year", actor=None
    )
    row = variance.report(line.plan, cast.manager, through=1)[0]
    assert (row.variance, row.favourable, row.past_tolerance, row.comment_due) == (-98_400, True, True, True)
    assert row.split is not None
    assert row.split.efficiency is None
    services.explain_variance(line, period=1, text="Fewer jackets", output=Decimal(10_000), actor=cast.manager)
    row = variance.report(line.plan, cast.manager, through=1)[0]
    assert not row.comment_due
    assert row.split is not None
    assert (row.split.price, row.split.efficiency, row.split.volume) == (-44_400, 66_000, -120_000)


def test_sums_of_groups_are_the_sums_of_their_lines(cast: Any) -> None:
    plan = make.plan(cast)
    revenue = services.add_category(code="sales", name="Sales", nature="revenue", actor=None)
    one = services.add_line(plan=plan, total=Decimal("1200.01"), actor=None)
    two = services.add_line(plan=plan, category=revenue, total=Decimal("599.99"), actor=None)
    services.approve_plan(plan, actor=None)
    for line, amount in ((one, 300), (two, 700)):
        line.refresh_from_db()
        services.spend_funds(line=line, amount=Decimal(amount), on=JUNE, document="books", actor=None)
    rows = variance.report(plan, cast.manager, through=12)
    whole = variance.grouped(rows, "department")[0]
    assert (whole.original, whole.year.appropriated, whole.year.actual) == (1800, 1800, 1000)
    assert {row.line.pk: row.favourable for row in rows} == {one.pk: True, two.pk: True}
    assert variance.report(plan, cast.neighbour, through=12) == []


def two_lines(cast: Any) -> tuple[Line, Line]:
    plan = make.plan(cast, department=cast.company.root, owner=cast.by_role["OPM"])
    one = services.add_line(
        plan=plan, department=cast.company.plant, owner=cast.manager, total=Decimal(1200), actor=None
    )
    two = services.add_line(
        plan=plan, department=cast.company.other, owner=cast.neighbour, total=Decimal(600), actor=None
    )
    services.approve_plan(plan, actor=None)
    return Line.objects.get(pk=one.pk), Line.objects.get(pk=two.pk)


def answered(cast: Any, one: Transfer, *people_: Any) -> Transfer:
    approval = Approval.objects.get(about=one.subject())
    for person in people_:
        work.answer_approval(approval, answer="yes", actor=person)
    for event in Event.objects.filter(name="work.approval_decided", subject=approval.subject()):
        settle_transfer(event)
    return Transfer.objects.get(pk=one.pk)


def test_a_transfer_needs_both_owners_and_balances_to_zero(cast: Any) -> None:
    one, two = two_lines(cast)
    asked = services.ask_transfer(
        from_line=one, to_line=two, amount=Decimal(200), on=JUNE, reason="Press broke", actor=cast.by_role["OPM"]
    )
    assert answered(cast, asked, cast.manager).state == "asked"
    assert queries.standing(one).appropriated == 1200
    assert answered(cast, asked, cast.neighbour).state == "booked"
    assert (queries.standing(one).appropriated, queries.standing(two).appropriated) == (1000, 800)


def test_nobody_agrees_to_their_own_transfer_and_missing_money_fails_it(cast: Any) -> None:
    one, two = two_lines(cast)
    asked = services.ask_transfer(
        from_line=one, to_line=two, amount=Decimal(1200), on=JUNE, reason="All of it", actor=cast.manager
    )
    approval = Approval.objects.get(about=asked.subject())
    with pytest.raises(Refused, match="own"):
        work.answer_approval(approval, answer="yes", actor=cast.manager)
    services.spend_funds(line=one, amount=Decimal(1), on=JUNE, document="bill", actor=None)
    settled = answered(cast, asked, cast.neighbour, cast.by_role["DPM"])
    assert settled.state == "failed"
    assert "left" in settled.problem
    with pytest.raises(Refused, match="left"):
        services.ask_transfer(from_line=one, to_line=two, amount=Decimal(1200), on=JUNE, reason="x", actor=None)


def test_a_line_is_claimed_once_and_realised_is_read_from_actuals(cast: Any) -> None:
    line = make.line(cast)
    claim: dict[str, Any] = {
        "line": line,
        "title": "Cheaper oil",
        "baseline": Decimal(1000),
        "expected": Decimal(300),
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 4, 10),
        "owner": cast.manager,
        "actor": cast.manager,
    }
    one = services.claim_saving(**claim)
    with pytest.raises(Refused, match="claimed twice"):
        services.claim_saving(**(claim | {"starts_on": date(2026, 4, 10), "ends_on": date(2026, 5, 1)}))
    with pytest.raises(IntegrityError), transaction.atomic():
        Saving.objects.create(
            **{name: value for name, value in claim.items() if name != "actor"}, department=line.department
        )
    with pytest.raises(Refused, match="own"):
        services.judge_saving(one, verdict="valid", actor=cast.manager)
    services.judge_saving(one, verdict="valid", actor=cast.by_role["OPM"])
    services.spend_funds(line=line, amount=Decimal(320), on=date(2026, 2, 1), document="oil", actor=None)
    half = savings.realised(one, today=date(2026, 2, 19))
    assert (half.days, half.all_days, half.saved) == (50, 100, 180)
    assert savings.realised(one, today=date(2026, 12, 1)).saved == 680


def test_a_forecast_has_an_interval_and_a_tracked_error(cast: Any) -> None:
    budget = tuple(Decimal(one) for one in (100, 100, 200, 100, 100, 200, 100, 100, 200, 100, 100, 200))
    actual = tuple(Decimal(one) for one in (110, 110, 220))
    found = outlook.estimates(Course(budget=budget, actual=actual))
    assert found["seasonal"].total == 1760  # 440 ÷ (400 of 1600)
    assert found["seasonal"].lower == found["seasonal"].upper == 1760
    assert found["run rate"].total == 1760
    assert found["run rate"].lower is not None
    assert found["run rate"].lower < 1760
    driven = outlook.estimates(
        Course(budget=budget, actual=actual, quantity=Decimal(40), planned_quantity=Decimal(160))
    )
    assert driven["driver"].total == 1760  # 120 still planned at 11
    line = make.line(cast, total=Decimal(1200))
    for month, amount in ((1, 100), (2, 120), (3, 140)):
        services.spend_funds(line=line, amount=Decimal(amount), on=date(2026, month, 5), document="bill", actor=None)
        services.close_period(line.plan, through=line.plan.period_ends[month - 1], actor=None)
    assert Outlook.objects.filter(method="run rate").count() == 3
    error = outlook.tracked([line], passed=3)["run rate"]
    assert (round(error.me, 2), error.mae) == (25.0, 25.0)  # 120 − 100 and 140 − 110
