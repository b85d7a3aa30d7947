"""From a need on a phone to a paid invoice: four people, each in their own browser, and a running platform between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import listen
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PATIENCE = 60_000
Seat = Callable[[str], Page]


@pytest.fixture
def seat(browser: Browser, stack: Stack, cookies: dict[str, Any]) -> Iterator[Seat]:
    """A person's page: the operator on a phone, the others at a desk."""
    opened: dict[str, Page] = {}

    def of(name: str) -> Page:
        if name not in opened:
            phone = name == "opr"
            visitor = browser.new_context(
                base_url=stack.url,
                storage_state=cookies[name],
                viewport=PHONE if phone else DESK,
                has_touch=phone,
                locale="en-GB",
            )
            visitor.set_default_timeout(20_000)
            opened[name] = visitor.new_page()
        return opened[name]

    yield of
    for page in opened.values():
        page.context.close()


def act(page: Page, verb: str, **values: str) -> None:
    """A verb of the record that is open: from its button or the menu, with what its form asks."""
    button = page.get_by_role("link", name=verb, exact=True).or_(page.get_by_role("button", name=verb, exact=True))
    if not button.first.is_visible():
        page.locator("details.o-menu summary[aria-label=More]").click()
    button.first.click()
    dialog = page.locator("dialog[open], form.o-form").last
    for label, value in values.items():
        box = dialog.get_by_label(label)
        if box.evaluate("one => one.tagName") == "SELECT":
            box.select_option(label=value)
        else:
            box.fill(value)
    dialog.get_by_role("button", name=verb, exact=True).click()


def wait_for(page: Page, words: str) -> None:
    """The worker answers in its own time: look again until it did."""
    for _ in range(30):
        if page.locator(".o-head, main").get_by_text(words, exact=True).first.is_visible():
            return
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.get_by_text(words, exact=True).first).to_be_visible()


def field(page: Page, name: str) -> Locator:
    return page.locator(f"form.o-form [name={name}]")


def line(page: Page, **cells: str) -> None:
    for name, value in cells.items():
        page.locator(f"[name=lines-0-{name}]").fill(value)


def approve(page: Page, title: str) -> None:
    page.goto("/approvals/?state=pending")
    page.locator("tr", has_text=title).get_by_role("link").first.click()
    act(page, "Approve")


def test_from_a_need_to_a_paid_invoice(seat: Seat, company: dict[str, Any]) -> None:
    operator, buyer, manager = seat("opr"), seat("buy"), seat("opm")
    heard = [listen(one) for one in (operator, buyer, manager)]

    operator.goto("/requisitions/new/")
    field(operator, "title").fill("Filter mats")
    field(operator, "department").select_option(str(company["root"]))
    line(operator, text="Filter mat G4", quantity="12", price="30")
    operator.get_by_role("button", name="Save requisition").click()
    expect(operator.get_by_role("heading", name="Filter mats")).to_be_visible()
    requisition = operator.url
    act(operator, "Ask for approval")
    wait_for(operator, "Waiting for approval")

    approve(manager, "Filter mats")
    buyer.goto("/suppliers/new/")
    field(buyer, "name").fill("Clean Air")
    buyer.get_by_role("button", name="Save supplier").click()
    expect(buyer.get_by_role("heading", name="Clean Air")).to_be_visible()
    buyer.goto(requisition)
    wait_for(buyer, "Approved")
    act(buyer, "Draft order", Supplier="Clean Air")
    buyer.goto("/purchase-orders/?state=draft")
    buyer.locator("tr", has_text="Clean Air").get_by_role("link").first.click()
    order = buyer.url
    act(buyer, "Ask for approval")
    wait_for(buyer, "Waiting for approval")
    approve(manager, "to Clean Air")
    wait_for(buyer, "Placed")

    operator.goto("/goods-receipts/new/")
    field(operator, "order").select_option(index=1)
    operator.get_by_role("button", name="Save goods receipt").dblclick()
    expect(operator.get_by_text("Filter mat G4")).to_be_visible()

    buyer.goto("/supplier-invoices/new/")
    field(buyer, "supplier").select_option(label="Clean Air")
    field(buyer, "number").fill("CA-1")
    field(buyer, "department").select_option(str(company["root"]))
    field(buyer, "order").select_option(index=1)
    field(buyer, "invoiced_on").fill("2026-11-02")
    field(buyer, "amount").fill("372")
    line(buyer, line="1", quantity="12", price="31")
    buyer.get_by_role("button", name="Save supplier invoice").click()
    expect(buyer.get_by_text("Blocked").first).to_be_visible()

    manager.goto("/overview/")
    expect(manager.get_by_text("Clear invoice CA-1")).to_be_visible()
    manager.goto(buyer.url)
    act(manager, "Release difference", Reason="Agreed by phone")
    expect(manager.get_by_text("Released to pay").first).to_be_visible()
    buyer.goto(order)
    for words in ("From need to invoice", "GR", "SI"):
        expect(buyer.locator("main").get_by_text(re.compile(words)).first).to_be_visible()
    assert [one for some in heard for one in some] == []


BUYING = (
    "/purchase-orders/",
    "/purchase-orders/new/",
    "/requisitions/",
    "/goods-receipts/",
    "/supplier-invoices/",
    "/supplier-invoices/?state=blocked",
    "/supplier-invoices/new/",
    "/price-lists/new/",
    "/purchase-orders/spend/",
    "/suppliers/scorecards/",
)


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_pages_of_buying_are_clean(
    browser: Browser, stack: Stack, cookies: dict[str, Any], look: str, axe: Callable[[Page], list[str]]
) -> None:
    visitor = browser.new_context(
        base_url=stack.url,
        storage_state=cookies["buy"],
        locale="en-GB",
        viewport=PHONE if look == "phone" else DESK,
        color_scheme="dark" if look == "dark" else "light",
        has_touch=look == "phone",
    )
    page = visitor.new_page()
    heard = listen(page)
    wrong = []
    for path in BUYING:
        page.goto(path)
        wrong += [f"{path}: {one}" for one in axe(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            wrong.append(f"{path} scrolls sideways by {wide}")
    assert (wrong, heard) == ([], [])
    visitor.close()
