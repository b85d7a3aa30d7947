"""Budgets and purchasing in a real browser: from a need to an invoice that waits, and pages that are clean everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import listen
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PAGES = (
    "/budgets/",
    "/budget-plans/",
    "/budget-plans/{plan}/",
    "/budget-plans/new/",
    "/budget-lines/",
    "/budget-entries/",
    "/budget-transfers/new/",
    "/savings/new/",
    "/exchange-rates/",
    "/suppliers/",
    "/suppliers/{supplier}/",
    "/suppliers/new/",
    "/requisitions/new/",
    "/purchase-orders/",
    "/purchase-orders/{order}/",
    "/purchase-orders/new/",
    "/purchase-orders/spend/",
    "/purchase-orders/import/",
    "/suppliers/scorecards/",
    "/supplier-invoices/",
    "/goods-receipts/",
    "/rfqs/new/",
)


@pytest.fixture(scope="module")
def money(browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any]) -> dict[str, int]:
    """A budget, a supplier and a drafted order, made through the API."""
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    page.goto("/suppliers/new/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()

    def make(path: str, **values: Any) -> int:
        answer = page.request.post(f"/api/v1/{path}/", data=values, headers={"X-CSRFToken": token, "Referer": page.url})
        assert answer.ok, answer.text()
        return int(answer.json()["id"])

    root = company["root"]
    supplier = make("suppliers", name="Norda", currency="EUR")
    order = make(
        "purchase-orders",
        supplier=supplier,
        department=root,
        currency="EUR",
        lines=[{"text": "Bolts", "quantity": "100", "unit": "pcs", "price": "0.25"}],
    )
    plan = make(
        "budget-plans",
        name="Year 2026",
        department=root,
        fiscal_year=2026,
        currency="SEK",
        owner=company["opm"],
        rhythm="month",
        period_check="allow",
        to_date_check="warn",
        year_check="block",
        warn_at="90",
        over_at="100",
        tolerance="10",
    )
    visitor.close()
    return {"supplier": supplier, "order": order, "plan": plan}


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_pages_are_clean(
    browser: Browser,
    stack: Stack,
    cookies: dict[str, Any],
    money: dict[str, int],
    look: str,
    axe: Callable[[Page], list[str]],
) -> None:
    visitor = browser.new_context(
        base_url=stack.url,
        storage_state=cookies["opm"],
        locale="en-GB",
        viewport=PHONE if look == "phone" else DESK,
        color_scheme="dark" if look == "dark" else "light",
        has_touch=look == "phone",
    )
    page = visitor.new_page()
    heard = listen(page)
    wrong = []
    for path in PAGES:
        page.goto(path.format(**money))
        wrong += [f"{path}: {one}" for one in axe(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            wrong.append(f"{path} scrolls sideways by {wide}")
    assert wrong + heard == []
    visitor.close()
