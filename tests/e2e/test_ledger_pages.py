"""The pages of open spellings and of the cost of quality in a real browser: a foreign ledger comes in, its costs lead to their records."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import listen, sign_in
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
}
LEDGER = "Where;Booked;Sum;Account\nMain works;2026-02-03;120,50;Testing\nMain works;2026-02-04;79,50;Testing\n"


def make(page: Page, path: str, **values: Any) -> int:
    page.goto("/budget-plans/new/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post(f"/api/v1/{path}/", data=values, headers={"X-CSRFToken": token, "Referer": page.url})
    assert answer.ok, answer.text()
    return int(answer.json()["id"])


@pytest.fixture(scope="module")
def spellings(browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any]) -> str:
    """A budget in force, and the address at which the spellings of another system's file wait."""
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    category = make(page, "budget-categories", code="TEST", name="Tests", nature="expense", quality="appraise")
    rules = {"period_check": "allow", "to_date_check": "warn", "year_check": "block", "warn_at": "90", "over_at": "100"}
    plan = make(
        page, "budget-plans", name="Quality 2026", department=company["root"], owner=company["opm"], fiscal_year=2026,
        currency="EUR", rhythm="month", tolerance="10", **rules,
    )  # fmt: skip
    make(page, "budget-lines", plan=plan, department=company["root"], category=category, spread="even", total="12000")
    boss = browser.new_context(base_url=stack.url, locale="en-GB")
    approver = boss.new_page()
    sign_in(approver, "exe", company["password"])
    make(approver, f"budget-plans/{plan}/approve")
    boss.close()
    page.goto("/budget-entries/import/")
    file = {"name": "other.csv", "mimeType": "text/csv", "buffer": LEDGER.encode("utf-8-sig")}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Check the file").click(timeout=60_000)
    page.wait_for_url("**/spellings/")
    address = page.url
    visitor.close()
    return address


@pytest.mark.parametrize("look", LOOKS)
def test_both_pages_are_clean(
    browser: Browser, stack: Stack, cookies: dict[str, Any], spellings: str, look: str, axe: Callable[[Page], list[str]]
) -> None:
    looks: dict[str, Any] = LOOKS[look]
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"], locale="en-GB", **looks)
    page = visitor.new_page()
    heard, wrong = listen(page), []
    for path in (spellings, "/budgets/quality/", "/budgets/"):
        page.goto(path)
        wrong += [f"{path}: {one}" for one in axe(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            wrong.append(f"{path} scrolls sideways by {wide}")
    assert wrong + heard == []
    visitor.close()


def test_spellings_are_mapped_once_and_their_costs_lead_to_the_records(manager: BrowserContext, spellings: str) -> None:
    page = manager.new_page()
    page.goto(spellings)
    for column, meaning in (("Where", "department"), ("Booked", "day"), ("Sum", "amount")):
        page.get_by_role("combobox", name=column).select_option(meaning)
    page.get_by_role("button", name="Map and check again").click()
    expect(page.get_by_role("heading", name="Departments")).to_be_visible()
    page.get_by_label("Main works").select_option("ROOT")
    page.get_by_label("Testing").select_option("TEST")
    page.get_by_role("button", name="Map and check again").click()
    page.get_by_role("button", name=re.compile(r"Import 2 rows")).click()
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()

    page.goto("/budgets/quality/")
    expect(page.get_by_text(re.compile(r"Quality costs €\s?200\.00\. Failures are €\s?0\.00"))).to_be_visible()
    page.get_by_role("link", name="Booked on Tests").click()
    records = page.locator("#records")
    expect(records.get_by_text("2 records")).to_be_visible()
    records.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/budget-entries/\d+/"))
    page.goto("/budgets/quality/")
    page.get_by_text("Choices", exact=True).click()
    page.get_by_label("Through period").select_option("1")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("Nothing counts as a cost of quality yet.")).to_be_visible()
