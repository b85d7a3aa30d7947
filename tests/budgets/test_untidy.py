"""A city's untidy budgets: spellings are asked for once, expense and revenue are told row by row, the published sums come out."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils.text import slugify

from apps.budgets.models import Category, Synonym
from apps.core.access import scope
from apps.core.models import ImportBatch
from tests.budgets.uploads import ask, checked, imported, plan, post, seen, upload, worked
from tests.factories import people
from tests.support.shared_data import SHARED

FOLDER = SHARED / "budget_sacramento"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())["expected"] if FOLDER.exists() else {}
needs_data = pytest.mark.skipif(not EXPECTED, reason="the published data are not on this machine")
RENAMED = {"Office of the City Auditor": "city-auditor", "Technology": "information-technolo"}


@pytest.fixture
def cast(transactional_db: None, settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    with transaction.atomic(), scope.system("a test"):
        return people.cast()


@pytest.fixture
def browser(cast: Any, client: Client) -> Client:
    client.force_login(cast.by_role["OPM"])
    return client


def departments() -> dict[str, str]:
    """Code and name of what the city has today; older spellings of them are mapped."""
    lines = (FOLDER / "approved_budgets.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    names = {re.match(r'\d+,("[^"]*"|[^,]*)', one)[1].strip('"') for one in lines}  # type: ignore[index]
    today = {one for one in names if "&" not in one and one not in RENAMED and one != "Non Appropriated"}
    return {slugify(one)[:20]: one for one in today}


def answered(browser: Client, batch: ImportBatch, rows_are: str = "") -> ImportBatch:
    """What is likely is taken; what a manager knows is chosen."""
    page = browser.get(f"/budget-entries/import/{batch.pk}/")
    assert page.status_code == 302, batch.problems[:2]
    form = browser.get(page["Location"]).context["page"].form
    data = {name: str(form[name].initial or "") for name in form.fields}
    data |= {name: RENAMED[miss.text] for name, miss in form.questions if miss.text in RENAMED}
    data |= {name: "nature" for name, miss in form.questions if miss.text == "ExpenseRevenue"}
    data |= {name: "project" for name, miss in form.questions if miss.text == "Fund"}
    if rows_are:
        data["rows"] = rows_are
    answer = browser.post(page["Location"], data)
    assert answer.status_code == 302, answer.content.decode()
    return worked(seen(lambda: ImportBatch.objects.latest("id")))


@needs_data
def test_a_city_maps_its_spellings_once(cast: Any, browser: Client) -> None:
    root = cast.company.root
    known = departments()
    upload(
        browser, "departments", ["code", "name", "parent"], [[code, name, root.code] for code, name in known.items()]
    )
    plans = {
        year: plan(
            browser,
            name=f"City {year}",
            department=root.pk,
            owner=cast.by_role["OPM"].pk,
            fiscal_year=year,
            rhythm="year",
        )
        for year in EXPECTED["years"]
    }
    content = (FOLDER / "approved_budgets.csv").read_bytes()
    batch = checked(browser, "budget-entries", content)
    batch = answered(browser, batch, "budget")  # columns
    batch = answered(browser, batch)  # departments and natures
    batch = answered(browser, batch)  # categories
    batch = answered(browser, batch)  # the revenue of a category that costs as well
    done = imported(browser, batch)
    assert done.created == EXPECTED["rows"]
    mapped = seen(Synonym.objects.count)
    assert imported(browser, checked(browser, "budget-entries", content)).created == EXPECTED["rows"]
    assert seen(Synonym.objects.count) == mapped
    figures(browser, cast, plans)


def figures(browser: Client, cast: Any, plans: dict[int, int]) -> None:
    names = seen(lambda: set(Category.objects.values_list("name", flat=True)))
    assert len({"Licenses Permits", "Licenses and Permits"} & names) == 1, "both spellings became one category"
    other = Client()
    other.force_login(cast.by_role["EXE"])
    for key in plans.values():
        post(other, f"budget-plans/{key}/approve")
    for nature in ("expense", "revenue"):
        for year, total in EXPECTED[f"sum_{nature}_by_year"].items():
            found = ask(browser, "report", plan=plans[int(year)], by="nature")[nature]
            assert Decimal(found["original"]) == Decimal(str(total)), (year, nature)
    page = browser.get("/budgets/", {"plan": plans[2021], "nature": "expense"}).content.decode()
    groups = ask(browser, "report", plan=plans[2021], by="department", nature="expense").values()
    largest = sorted(groups, key=lambda one: -Decimal(one["original"]))[:3]
    assert {one["name"]: float(one["original"]) for one in largest} == EXPECTED["top3_expense_departments_2021"]
    for one in largest:
        assert (
            f"{Decimal(one['original']):,.2f}".replace(",", "\u202f") in page
            or f"{Decimal(one['original']):,.2f}" in page
        )


def test_spellings_are_answered_through_the_api(cast: Any, browser: Client) -> None:
    key = plan(browser, name="Year", department=cast.company.root.pk, owner=cast.by_role["OPM"].pk, fiscal_year=2026)
    rows = "Where,Jahr,Amount,Account,Art\n" + "Main & Co,2026,10.50,Fees,E\nMain and Co,2026,-2,Fees,R\n"
    batch = checked(browser, "budget-entries", rows.encode())
    assert batch.created == 0
    url, left = "/api/v1/budget-entries/spellings/", []
    for answers in (
        {"Where": "department", "Jahr": "day", "Art": "nature"},
        {"Main & Co": "ROOT", "Main and Co": "ROOT", "E": "expense", "R": "revenue"},
        {"Fees": "+"},
        {"Fees (revenue)": "+"},
    ):
        told = browser.get(url, {"import": batch.pk}).json()
        left.append({one["text"] for one in told["spellings"]})
        mapped = [one | {"means": answers[one["text"]]} for one in told["spellings"]]
        body = {"import": batch.pk, "spellings": [{k: one[k] for k in ("field", "text", "means")} for one in mapped]}
        wrong = body | {"spellings": [{"field": "department", "text": "Nobody", "means": "ROOT"}]}
        assert browser.post(url, json.dumps(wrong), content_type="application/json").status_code == 400
        if told["rows_are_needed"]:
            body["rows_are"] = "budget"
        batch = worked(
            seen(
                lambda key=post(browser, "budget-entries/spellings", **body)["import"]: ImportBatch.objects.get(pk=key)
            )
        )
    assert left[2:] == [{"Fees"}, {"Fees (revenue)"}]
    assert imported(browser, batch).created == 2
    sums = browser.get("/api/v1/budget-lines/", {"plan": key, "fields": "total"}).json()["results"]
    assert sorted(Decimal(one["total"]) for one in sums) == [-2, Decimal("10.5")]
