"""Stock in a real browser: scan, move, count on a phone; the pages are clean in light, dark and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import listen
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PAGES = (
    "/items/",
    "/items/{item}/",
    "/items/new/",
    "/stock-locations/{shelf}/",
    "/stock/scan/",
    "/stock/scan/?code=E2E-1&kind=issue",
    "/stock/as-of/",
    "/stock/produce/",
    "/stock/points/",
    "/stock/classes/",
    "/stock-moves/",
    "/stock-moves/new/",
    "/stock-counts/{count}/",
    "/stock-counts/{count}/do/",
    "/stock-policies/new/",
    "/stock-proposals/",
)


@pytest.fixture(scope="module")
def stocked(browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any]) -> dict[str, int]:
    """An item with stock at a place and a count of it, made through the API."""
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    page.goto("/stock/as-of/")
    page.goto("/items/new/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()

    def make(path: str, **values: Any) -> int:
        answer = page.request.post(f"/api/v1/{path}/", data=values, headers={"X-CSRFToken": token, "Referer": page.url})
        assert answer.ok, answer.text()
        return int(answer.json()["id"])

    root = company["root"]
    item = make(
        "items",
        code="E2E-1",
        name="Bolt",
        department=root,
        unit="pcs",
        tracking="none",
        currency="EUR",
        standard_cost="2",
        reorder_point="100",
    )
    made = make(
        "items", code="E2E-2", name="Clamp", department=root, unit="pcs", tracking="lot", currency="EUR", standard_cost="9"
    )  # fmt: skip
    shelf = make("stock-locations", code="E2E-S", name="Shelf", department=root, kind="stock")
    make("stock-moves", kind="receive", item=item, location=shelf, quantity="40")
    count = make("stock-counts", location=shelf, due_on="2026-12-01", tolerance="0")
    visitor.close()
    return {"item": item, "made": made, "shelf": shelf, "count": count}


def test_a_scan_on_a_phone_moves_stock_once(
    browser: Browser, stack: Stack, cookies: dict[str, Any], stocked: dict[str, int]
) -> None:
    phone = browser.new_context(
        base_url=stack.url, storage_state=cookies["opm"], viewport=PHONE, is_mobile=True, has_touch=True, locale="en-GB"
    )
    page = phone.new_page()
    page.goto("/stock/scan/")
    page.get_by_label("What happens").select_option("issue")
    page.locator("#scan-location").select_option(str(stocked["shelf"]))
    page.get_by_label("Code").fill("E2E-1")
    page.keyboard.press("Enter")  # as a wedge scanner ends its code
    form = page.locator("form").filter(has=page.get_by_role("button", name="Write move"))
    form.get_by_label("Quantity").fill("3")
    form.get_by_role("button", name="Write move").dblclick()
    expect(page.get_by_text("Issue 3 E2E-1 written")).to_be_visible()
    page.goto(f"/items/{stocked['item']}/")
    expect(page.get_by_text("37 pcs in all")).to_be_visible()
    phone.close()


def test_a_production_is_written_on_a_phone(
    browser: Browser, stack: Stack, cookies: dict[str, Any], stocked: dict[str, int], axe: Callable[[Page], list[str]]
) -> None:
    phone = browser.new_context(
        base_url=stack.url, storage_state=cookies["opm"], viewport=PHONE, is_mobile=True, has_touch=True, locale="en-GB"
    )
    page = phone.new_page()
    page.goto("/stock/produce/")
    page.get_by_label("Product").select_option(str(stocked["made"]))
    page.get_by_label("To", exact=True).select_option(str(stocked["shelf"]))
    page.locator("#id_quantity").fill("2")
    page.locator("#id_lot_number").fill("P1")
    part = page.get_by_role("region", name="Component 1")
    part.get_by_label("Component").select_option(str(stocked["item"]))
    part.get_by_label("Quantity").fill("400")
    page.get_by_role("button", name="Another component").click()
    expect(page.get_by_role("region", name="Component 3")).to_be_visible()
    page.get_by_role("button", name="Write production").click()
    expect(part.get_by_text("There is not enough E2E-1")).to_be_visible()
    assert axe(page) == []
    part.get_by_label("Quantity").fill("4")
    page.get_by_role("button", name="Write production").click()
    expect(page.get_by_text("Production 2 E2E-2 written")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name="E2E-2/P1").first.click()
    expect(page.get_by_role("heading", name="E2E-2/P1")).to_be_visible()
    phone.close()


def test_the_pages_of_points_and_classes_are_walked_by_keyboard(
    manager: BrowserContext, stocked: dict[str, int]
) -> None:
    page = manager.new_page()
    page.goto("/stock/classes/")
    choice = page.get_by_role("link", name="By spend")
    choice.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**by=spend**")
    page.goto("/stock/points/")
    page.get_by_role("link", name="E2E-1").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="E2E-1 Bolt")).to_be_visible()


def test_a_blind_count_is_entered(manager: BrowserContext, stocked: dict[str, int]) -> None:
    page = manager.new_page()
    page.goto(f"/stock-counts/{stocked['count']}/do/")
    expect(page.locator("main")).not_to_contain_text("33")
    page.get_by_label("Found: E2E-1 Bolt").fill("36")
    page.get_by_role("button", name="Save count").click()
    expect(page.get_by_text("To count again").first).to_be_visible()


def test_on_the_floor_every_field_fits_the_phone_and_a_thumb(
    browser: Browser, stack: Stack, cookies: dict[str, Any], stocked: dict[str, int]
) -> None:
    visitor = browser.new_context(
        base_url=stack.url, storage_state=cookies["opm"], locale="en-GB", viewport=PHONE, has_touch=True
    )
    page = visitor.new_page()
    count = page.request.get(f"/api/v1/stock-counts/{stocked['count']}/").json()
    if count["state"] in ("open", "recount"):
        page.goto(f"/stock-counts/{stocked['count']}/do/")
        _fits(page)
    page.goto("/stock/scan/?code=E2E-1&kind=issue")
    _fits(page)
    visitor.close()


def _fits(page: Page) -> None:
    fields = page.locator("main form :is(input, select, button):visible")
    boxes = [found for one in fields.all() if (found := one.bounding_box())]
    assert boxes
    for box in boxes:
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] and box["height"] >= 48, box


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_pages_are_clean(
    browser: Browser,
    stack: Stack,
    cookies: dict[str, Any],
    stocked: dict[str, int],
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
    for path in PAGES:
        page.goto(path.format(**stocked))
        assert axe(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide}"
    assert heard == []
    visitor.close()
