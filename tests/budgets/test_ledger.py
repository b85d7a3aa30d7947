"""The ledger of commitments: amounts foot, money is counted once, races have one winner, books balance at commit."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from apps.budgets import queries, services
from apps.budgets.models import Balance, Commitment, Entry, Line, Plan
from apps.core.access import scope
from apps.core.errors import NotAllowed, Refused
from tests.factories import budgets as make
from tests.factories import people

JUNE = date(2026, 6, 10)


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        yield people.cast()


def figures(line: Line) -> tuple[Decimal, ...]:
    one = queries.standing(line)
    assert one.appropriated == one.used + one.available
    return one.appropriated, one.reserved, one.encumbered, one.actual, one.available


def test_a_year_spread_over_months_foots_to_the_cent(cast: Any) -> None:
    plan = make.plan(cast)
    even = services.add_line(plan=plan, total=Decimal("100.00"), actor=None)
    assert sum(even.amounts) == 100
    assert sorted(set(even.amounts)) == [Decimal("8.33"), Decimal("8.34")]
    waves = services.add_line(
        plan=plan,
        project="waves",
        spread="season",
        weights="1 1 1 2 2 2 3 3 3 0 0 0",
        total=Decimal("0.07"),
        actor=None,
    )
    assert (sum(waves.amounts), waves.amounts[-1]) == (Decimal("0.07"), 0)
    driven = services.add_line(
        plan=plan, project="hours", quantity=Decimal("1200.5"), rate=Decimal("41.337"), actor=None
    )
    assert (driven.total, sum(driven.amounts)) == (Decimal("49625.07"), Decimal("49625.07"))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"total": Decimal("1.234")}, "precision"),
        ({"total": Decimal("9" * 28)}, "too_large"),
        ({"spread": "season", "weights": "1 2", "total": Decimal(1)}, "weights"),
        ({"spread": "season", "weights": "0 0 0 0 0 0 0 0 0 0 0 0", "total": Decimal(1)}, "bad_weights"),
        ({"quantity": Decimal(5), "total": Decimal(1)}, "driver"),
    ],
)
def test_amounts_that_books_cannot_hold_are_refused(cast: Any, values: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        services.add_line(plan=make.plan(cast), actor=None, **values)
    assert refused.value.code == code


def test_an_approved_version_is_immutable_even_for_raw_sql(cast: Any) -> None:
    line = make.line(cast)
    with pytest.raises(Refused):
        services.change_line(line, total=Decimal(5), actor=None)
    for statement in (
        "UPDATE budgets_line SET total = 5 WHERE id = %s",
        "UPDATE budgets_line SET amounts[1] = 5 WHERE id = %s",
        "DELETE FROM budgets_line WHERE id = %s",
        "UPDATE budgets_plan SET state = 'draft' WHERE id = (SELECT plan_id FROM budgets_line WHERE id = %s)",
    ):
        with pytest.raises(DatabaseError, match="approved"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [line.pk])


def test_nobody_approves_their_own_budget(cast: Any) -> None:
    with pytest.raises(Refused, match="own"):
        services.approve_plan(make.plan(cast), actor=cast.manager)


def test_whoever_drafted_a_budget_for_another_does_not_approve_it(cast: Any) -> None:
    boss, other = cast.by_role["OPM"], cast.by_role["DPM"]
    plan = services.draft_plan(
        name="Year", department=cast.company.root, fiscal_year=2026, currency="EUR", owner=other, actor=boss
    )
    with pytest.raises(Refused, match="drafted"):
        services.approve_plan(plan, actor=boss)
    services.approve_plan(plan, actor=cast.by_role["EXE"])


def test_requisition_order_and_invoice_count_the_money_once(cast: Any) -> None:
    """ERPNext 36610: budget 20 m, actual 11 m, an order of 5 m fits and leaves 4 m, before and after it is invoiced."""
    line, million = make.line(cast, total=Decimal(20_000_000)), Decimal(1_000_000)
    common: dict[str, Any] = {"line": line, "on": JUNE, "actor": cast.manager}
    services.spend_funds(amount=11 * million, document="invoice:1", **common)
    services.reserve_funds(amount=5 * million, document="requisition:1", **common)
    assert figures(line)[-1] == 4 * million
    services.encumber_funds(
        amount=5 * million, document="order:1", relieves=("requisition:1", "", 5 * million), **common
    )
    assert figures(line) == (20 * million, 0, 5 * million, 11 * million, 4 * million)
    services.spend_funds(amount=2 * million, document="invoice:2", relieves=("order:1", "", 2 * million), **common)
    services.spend_funds(amount=3 * million, document="invoice:3", relieves=("order:1", "", 3 * million), **common)
    assert figures(line) == (20 * million, 0, 0, 16 * million, 4 * million)
    spending = queries.spending_of([line.plan], cast.manager)[line.plan.family_id]
    assert (spending.appropriated, spending.used) == (20 * million, 16 * million)
    assert queries.spending_of([line.plan], cast.neighbour) == {}
    with pytest.raises(Refused) as refused:
        services.reserve_funds(amount=4 * million + 1, document="requisition:2", **common)
    assert refused.value.code == "over_budget"


def test_relief_never_exceeds_the_commitment_and_release_frees_the_rest(cast: Any) -> None:
    line = make.line(cast, total=Decimal(1000))
    common: dict[str, Any] = {"line": line, "on": JUNE, "actor": cast.manager}
    services.encumber_funds(amount=Decimal(100), document="order:1", **common)
    services.spend_funds(amount=Decimal(130), document="invoice:1", relieves=("order:1", "", Decimal(130)), **common)
    assert figures(line) == (1000, 0, 0, 130, 870)
    services.encumber_funds(amount=Decimal(50), document="order:2", ref="1", **common)
    services.spend_funds(amount=Decimal(20), document="invoice:2", relieves=("order:2", "1", Decimal(20)), **common)
    assert services.release_funds(document="order:2", on=JUNE, actor=cast.manager) == 30
    assert services.release_funds(document="order:2", on=JUNE, actor=cast.manager) == 0
    assert figures(line) == (1000, 0, 0, 150, 850)
    with pytest.raises(DatabaseError), transaction.atomic():
        Commitment.objects.filter(document="order:2").update(encumbered=-1)


def test_the_check_goes_by_band_and_period_and_only_approvers_override(cast: Any) -> None:
    plan = make.plan(cast, period_check="warn", to_date_check="block", year_check="block")
    line = make.approved(services.add_line(plan=plan, total=Decimal(1200), actor=None))

    def ask(amount: int, month: int) -> str:
        return services.check_funds(line=line, amount=Decimal(amount), on=date(2026, month, 5)).verdict

    assert [ask(90, 1), ask(91, 1), ask(100, 1), ask(101, 1)] == ["ok", "warn", "warn", "block"]
    assert [ask(150, 2), ask(201, 2)] == ["warn", "block"]
    common: dict[str, Any] = {"line": line, "on": date(2026, 1, 5), "amount": Decimal(150), "document": "order:1"}
    with pytest.raises(Refused, match="left"):
        services.encumber_funds(actor=cast.manager, **common)
    with pytest.raises(NotAllowed):
        services.encumber_funds(actor=cast.manager, override="Line down", **common)
    services.encumber_funds(actor=cast.by_role["OPM"], override="Line down", **common)
    assert Entry.objects.exclude(override="").get().override == "Line down"


def test_closed_periods_and_other_years_take_no_entries(cast: Any) -> None:
    line = make.line(cast)
    services.close_period(line.plan, through=date(2026, 6, 30), actor=None)
    for day, code in (
        (JUNE, "period_closed"),
        (date(2027, 1, 1), "outside_year"),
        (date(2025, 12, 31), "outside_year"),
    ):
        with pytest.raises(Refused) as refused:
            services.spend_funds(line=line, amount=Decimal(1), on=day, document="invoice:1", actor=None)
        assert refused.value.code == code
    services.spend_funds(line=line, amount=Decimal(1), on=date(2026, 7, 1), document="invoice:1", actor=None)


def test_a_rate_works_both_ways_though_its_inverse_never_ends(cast: Any) -> None:
    services.add_rate(currency="EUR", into="SEK", valid_from=JUNE, rate=Decimal("11.37"), actor=None)
    assert queries.converted(Decimal("1137.00"), "SEK", "EUR", JUNE) == Decimal("100.00")
    assert queries.converted(Decimal("100.00"), "EUR", "SEK", JUNE) == Decimal("1137.00")


def test_another_currency_needs_a_rate_of_that_day(cast: Any) -> None:
    line = make.line(cast)
    common: dict[str, Any] = {"line": line, "amount": Decimal("10.05"), "currency": "USD", "actor": None}
    with pytest.raises(Refused) as refused:
        services.spend_funds(on=JUNE, document="invoice:1", **common)
    assert refused.value.code == "no_rate"
    services.add_rate(currency="usd", into="EUR", valid_from=JUNE, rate=Decimal("0.9"), actor=None)
    with pytest.raises(Refused):
        services.spend_funds(on=date(2026, 6, 9), document="invoice:1", **common)
    services.spend_funds(on=JUNE, document="invoice:1", **common)
    assert queries.standing(line).actual == Decimal("9.05")  # 9.045 rounded half up


def test_a_revision_books_the_difference_and_keeps_commitments(cast: Any) -> None:
    line = make.line(cast, total=Decimal(1200))
    services.encumber_funds(line=line, amount=Decimal(300), on=JUNE, document="order:1", actor=None)
    revised = services.revise_plan(line.plan, actor=None)
    copy = Line.objects.get(plan=revised)
    services.change_line(copy, weights=" ".join(["50"] * 12), actor=None)
    services.approve_plan(revised, actor=cast.by_role["OPM"])
    assert figures(line) == (600, 0, 300, 0, 300)
    assert Plan.objects.get(pk=line.plan_id).state == "replaced"
    assert Line.objects.get(pk=line.pk).total == 1200
    forecast = services.revise_plan(line.plan, version_kind="forecast", actor=None)
    services.approve_plan(forecast, actor=cast.by_role["OPM"])
    assert figures(line)[0] == 600


def test_an_actual_is_taken_back_by_its_mirror_once(cast: Any) -> None:
    line = make.line(cast, total=Decimal(1000))
    common: dict[str, Any] = {"line": line, "on": JUNE, "actor": None}
    services.encumber_funds(amount=Decimal(100), document="order:1", **common)
    services.spend_funds(amount=Decimal(60), document="invoice:1", relieves=("order:1", "", Decimal(60)), **common)
    txn = Entry.objects.filter(account="actual").get().txn
    services.reverse_entries(txn=txn, reason="Wrong supplier", actor=None)
    assert figures(line) == (1000, 0, 100, 0, 900)
    assert Commitment.objects.get(document="order:1").encumbered == 100
    with pytest.raises(Refused):
        services.reverse_entries(txn=txn, reason="Again", actor=None)


def test_the_nearest_and_closest_line_pays(cast: Any) -> None:
    tools = services.add_category(code="tools", name="Tools", actor=None)
    plan = make.plan(cast, department=cast.company.root)
    general = services.add_line(plan=plan, total=Decimal(1), actor=None)
    plant = services.add_line(plan=plan, department=cast.company.plant, category=tools, total=Decimal(1), actor=None)
    press = services.add_line(
        plan=plan, department=cast.company.plant, category=tools, project="press", total=Decimal(1), actor=None
    )
    services.approve_plan(plan, actor=cast.by_role["OPM"])

    def paying(**values: Any) -> Line | None:
        return queries.line_for(**({"department": cast.company.line, "on": JUNE} | values))

    assert paying() == general
    assert paying(category="tools") == plant
    assert paying(category="tools", project="press") == press
    assert paying(category="paint") == general
    assert paying(on=date(2027, 1, 1)) is None


def test_the_database_refuses_books_out_of_balance_and_edits(cast: Any) -> None:
    line = make.line(cast)
    values = {"line": line, "department": line.department, "period": 6, "on": JUNE, "kind": "spend", "txn": -1}
    with pytest.raises(DatabaseError, match="does not balance"), transaction.atomic():
        Entry.objects.create(account="actual", amount=Decimal(5), **values)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in ("UPDATE budgets_entry SET amount = 1", "DELETE FROM budgets_entry", "TRUNCATE budgets_entry"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_twenty_four_buyers_race_for_the_last_hundred() -> None:
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
        line = make.line(cast, total=Decimal(100), to_date_check="allow")
    start, won, lost = threading.Barrier(24), [], []

    def buy(number: int) -> None:
        try:
            start.wait()
            with transaction.atomic(), scope.system("a buyer"):
                services.reserve_funds(
                    line=line, amount=Decimal(100), on=JUNE, document=f"requisition:{number}", actor=None
                )
            won.append(number)
        except Refused as error:
            lost.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=buy, args=(number,)) for number in range(24)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(won), lost) == (1, ["over_budget"] * 23)
    with transaction.atomic(), scope.system("a test"):
        assert queries.standing(line).available == 0
        assert sum(Balance.objects.filter(line=line).values_list("amount", flat=True)) == 0
