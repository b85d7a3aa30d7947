"""A real chart of accounts with budget and actual in one file: the published figures on page, in the API and in the report."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client

from apps.budgets import insights
from apps.core.access import scope
from apps.core.values import Period, format_number
from tests.budgets.uploads import ask, checked, csv_of, imported, plan, post, upload
from tests.factories import people
from tests.support.shared_data import SHARED

FOLDER = SHARED / "budget_adventureworks"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())["expected"] if FOLDER.exists() else {}
NATURES = {"Expenditures": "expense", "Revenue": "revenue", "Assets": "balance", "Liabilities": "balance"}
# The budget ends in 2011: later years hold actuals alone, which these figures do not ask for.
YEARS, LATER = ("2010", "2011"), ("2013",)

pytestmark = pytest.mark.skipif(not EXPECTED, reason="the published data are not on this machine")


@pytest.fixture
def cast(transactional_db: None, settings: Any, tmp_path: Any) -> Any:
    """Committed, so that the worker's own connections see it and the books are weighed at every commit."""
    settings.MEDIA_ROOT = tmp_path
    with transaction.atomic(), scope.system("a test"):
        return people.cast()


@pytest.fixture
def browser(cast: Any, client: Client) -> Client:
    client.force_login(cast.by_role["OPM"])
    return client


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def chart_of_accounts(cast: Any, browser: Client) -> None:
    """Our own departments, sites and categories; the numbers of the other system are spellings of them."""
    accounts, groups, places = read("accounts.csv"), read("department_groups.csv"), read("organizations.csv")
    root = cast.company.root.code
    upload(
        browser,
        "departments",
        ["code", "name", "parent"],
        [[f"G{one['department_group_id']}", one["name"], root] for one in groups],
    )
    upload(
        browser,
        "sites",
        ["code", "name", "time_zone", "currency"],
        [[f"O{one['organization_id']}", one["name"], "UTC", "USD"] for one in places],
    )
    upload(
        browser,
        "budget-categories",
        ["code", "name", "nature"],
        [[one["account_code"], one["description"], NATURES.get(one["account_type"], "units")] for one in accounts],
    )
    meanings = [
        *(("column", title, means) for title, means in COLUMNS.items()),
        *(("scenario", one["scenario_id"], one["name"].lower()) for one in read("scenarios.csv")),
        *(("department", one["department_group_id"], f"G{one['department_group_id']}") for one in groups),
        *(("site", one["organization_id"], f"O{one['organization_id']}") for one in places),
        *(("category", one["account_id"], one["account_code"]) for one in accounts),
    ]
    upload(browser, "budget-synonyms", ["field", "text", "means"], [list(one) for one in meanings])


COLUMNS = {
    "organization_id": "site",
    "department_group_id": "department",
    "account_id": "category",
    "scenario_id": "scenario",
    "finance_id": "nothing",
}


def year_plan(cast: Any, browser: Client, year: str, facts: list[dict[str, str]]) -> int:
    """Periods are the dates of the books: two of them lie in March and in May 2011."""
    return plan(
        browser,
        name=f"AdventureWorks {year}",
        department=cast.company.root.pk,
        owner=cast.by_role["OPM"].pk,
        fiscal_year=int(year),
        period_ends=" ".join(sorted({one["date"] for one in facts if one["date"].startswith(year)})),
    )


def test_budget_against_actual_of_a_real_company(cast: Any, browser: Client, client: Client) -> None:
    facts = [one for one in read("finance_facts.csv") if one["date"][:4] in YEARS]
    counts = EXPECTED["rows_by_scenario_year"]
    chart_of_accounts(cast, browser)
    plans = {year: year_plan(cast, browser, year, facts) for year in YEARS}
    ends = browser.get(f"/api/v1/budget-plans/{plans['2011']}/").json()["period_ends"]
    assert ends[1:5] == ["2011-03-01", "2011-03-31", "2011-05-01", "2011-05-31"]
    content = csv_of(list(facts[0]), [list(one.values()) for one in facts])
    budget = imported(browser, checked(browser, "budget-entries", content))
    actual_rows = sum(counts[f"Actual-{year}"] for year in YEARS)
    budget_rows = sum(counts[f"Budget-{year}"] for year in YEARS)
    assert (budget.created, budget.unchanged) == (budget_rows, actual_rows)
    other = Client()
    other.force_login(cast.by_role["EXE"])
    for key in plans.values():
        post(other, f"budget-plans/{key}/approve")
    actual = imported(browser, checked(browser, "budget-entries", content))
    assert (actual.created, actual.unchanged) == (actual_rows, budget_rows)
    again = checked(browser, "budget-entries", content)
    assert again.state == "new" and again.created == 0
    published(browser, plans["2011"], cast.by_role["OPM"])


def published(browser: Client, newest: int, reader: Any) -> None:
    wanted = EXPECTED["expenditure_budget_vs_actual"]
    every = {"plan": newest, "years": "all"}
    whole = ask(browser, "like-with-like", **every, by="nature", nature="all")["all"]
    assert whole["count"] == wanted["matched_keys"]
    page = browser.get("/budgets/", {"plan": newest, "years": "all", "like": "category", "nature": "expense"})
    shown = page.content.decode()
    with transaction.atomic(), scope.of(reader):
        part = insights.report_part(reader, Period.parse("2011-06", ZoneInfo("UTC")))
    told = " ".join(str(cell) for table in part.tables for row in table.rows for cell in row)
    for by, group in (
        ("year", "by_year"),
        ("department", "by_department_group"),
        ("category", "top5_over_budget_accounts"),
    ):
        found = list(ask(browser, "like-with-like", **every, by=by).values())[:-1]
        named = {one["name"]: one for one in found}
        for name, figures in wanted[group].items():
            same(named[name], figures)
        if by != "category":
            assert len(found) == len(wanted[group])
    assert [one["name"] for one in found[:5]] == list(wanted["top5_over_budget_accounts"])
    total = ask(browser, "like-with-like", **every, by="department")["all"]
    same(total, wanted["total"]["all"])
    for name, figures in wanted["top5_over_budget_accounts"].items():
        assert name in shown and f"{format_number(Decimal(str(figures['variance_pct'])), 2, signed=True)} %" in shown
    for name, figures in wanted["by_department_group"].items():
        assert name in told and f"{format_number(Decimal(str(figures['variance_pct'])), 2, signed=True)} %" in told
    assert "No forecast" in shown and "No forecast" in told
    assert {one["forecast"] for one in ask(browser, "report", plan=newest).values()} == {None}


def same(found: dict[str, Any], figures: dict[str, float]) -> None:
    for name in ("actual", "budget", "variance"):
        assert Decimal(found[name]) == Decimal(str(figures[name])), (found["name"], name)
    assert round(float(found["per_cent"]), 3) == round(figures["variance_pct"], 3)


def test_later_years_hold_actuals_alone_and_come_in_too(cast: Any, browser: Client) -> None:
    """Nobody budgeted 2013: its actuals land on lines without a plan, and nothing is held against them."""
    everything = read("finance_facts.csv")
    facts = [one for one in everything if one["date"][:4] in LATER]
    chart_of_accounts(cast, browser)
    plans = {year: year_plan(cast, browser, year, facts) for year in LATER}
    other = Client()
    other.force_login(cast.by_role["EXE"])
    for key in plans.values():
        post(other, f"budget-plans/{key}/approve")
    content = csv_of(list(facts[0]), [list(one.values()) for one in facts])
    batch = imported(browser, checked(browser, "budget-entries", content))
    assert (batch.created, batch.unchanged) == (
        sum(EXPECTED["rows_by_scenario_year"][f"Actual-{year}"] for year in LATER),
        0,
    )
    booked = sum(Decimal(one["actual"]) for key in plans.values() for one in ask(browser, "report", plan=key).values())
    earlier = sum(
        Decimal(one["amount"]) for one in everything if one["date"][:4] not in LATER and one["scenario_id"] == "1"
    )
    assert float(booked + earlier) == pytest.approx(EXPECTED["sum_amount_by_scenario"]["Actual"], abs=1)
    assert ask(browser, "like-with-like", plan=plans["2013"], by="department", years="all", nature="all") == {}
