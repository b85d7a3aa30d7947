"""The explore page in a browser: chart library on and off, by keyboard, on a phone, in the dark, read aloud."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import listen
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
VIOLATIONS = (
    "addEventListener('securitypolicyviolation', (event) => (window.broken ??= []).push(event.violatedDirective))"
)
"""Kept by the page itself: not every refusal reaches the console."""

USUAL = {
    "unit": "pcs", "rule": "sum", "direction": "higher", "grain": "day", "origin": "readings",
    "factor": "1", "decimals": 0, "position": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def address(browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any]) -> str:
    """Two KPIs with readings of the last twenty days, explored by day and compared."""
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"])
    token = next(one["value"] for one in visitor.cookies() if "csrf" in one["name"])

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = visitor.request.post(path, data=body, headers={"X-CSRFToken": token, "Referer": stack.url})
        assert answer.status == 201, answer.text()
        return dict(answer.json())

    keys = []
    for code in ("explored-a", "explored-b"):
        one = {"code": code, "name": code.title(), "department": company["root"]} | USUAL
        keys.append(post("/api/v1/kpis/", one)["id"])
    now = datetime.now(UTC)
    readings = [
        {"kpi": code, "department": "ROOT", "at": (now - timedelta(days=day)).isoformat(), "value": f"{day}"}
        for day in range(1, 21)
        for code in ("explored-a", "explored-b")
    ]
    post("/api/v1/kpi-readings/bulk/", {"readings": readings})
    visitor.close()
    return f"/kpis/explore/?kpi={keys[0]}&kpi={keys[1]}&period=day&points=10&compare=previous"


def rolled_up(page: Page, address: str) -> None:
    """Readings reach the page as soon as the worker has added them up."""
    page.goto(address)
    for _ in range(60):
        if page.locator(".o-explore .o-tbl a").count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("The readings did not arrive on the page.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_charts_are_quiet_accessible_and_fit(
    browser: Browser,
    stack: Stack,
    cookies: dict[str, Any],
    address: str,
    axe: Callable[[Page], list[str]],
    scheme: Any,
    width: int,
) -> None:
    visitor = browser.new_context(
        base_url=stack.url,
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        storage_state=cookies["opm"],
        locale="en-GB",
    )
    visitor.add_init_script(VIOLATIONS)
    page = visitor.new_page()
    heard = listen(page)
    rolled_up(page, address)
    expect(page.locator("[data-explore] canvas")).to_be_visible()
    page.locator("[data-explore]").hover()  # the tooltip is where a page's own styles would be needed
    page.wait_for_timeout(300)
    assert axe(page) == []
    assert page.evaluate("window.broken ?? []") == []
    assert heard == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    visitor.close()


def test_values_are_read_by_keyboard(manager: BrowserContext, address: str) -> None:
    page = manager.new_page()
    rolled_up(page, address)
    chart = page.locator("[data-explore]")
    expect(chart.locator("canvas")).to_be_visible()
    chart.focus()
    page.keyboard.press("End")
    expect(page.locator("#say")).to_have_text(re.compile(r"Explored-A: 1 pcs.*Explored-A, before: 11 pcs"))
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#say")).to_have_text(re.compile(r"Explored-A: 2 pcs.*Explored-A, before: 12 pcs"))
    page.keyboard.press("Home")
    expect(page.locator("#say")).to_have_text(re.compile(r"Explored-B: 10 pcs"))


def test_choices_are_saved_by_name_and_opened_again(manager: BrowserContext, address: str) -> None:
    page = manager.new_page()
    heard = listen(page)
    rolled_up(page, address)
    page.get_by_role("link", name="Save view").click()
    page.locator("[name=name]").fill("Both explored")
    page.get_by_role("button", name="Save view").click()
    tab = page.get_by_role("link", name="Both explored")
    expect(tab).to_be_visible()
    page.goto("/kpis/explore/")
    expect(page.get_by_role("heading", name="Choose KPIs to start")).to_be_visible()
    tab.click()
    expect(page.locator("[data-explore] canvas")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Explored-A")).to_be_checked()
    assert heard == []


@pytest.mark.parametrize("scripts", [True, False], ids=["no library", "no scripts"])
def test_the_servers_drawing_stands_in(
    browser: Browser, stack: Stack, cookies: dict[str, Any], address: str, scripts: bool
) -> None:
    visitor = browser.new_context(
        base_url=stack.url, storage_state=cookies["opm"], locale="en-GB", java_script_enabled=scripts
    )
    page = visitor.new_page()
    page.route("**/static/echarts/**", lambda route: route.abort())
    rolled_up(page, address)
    expect(page.locator("[data-chart] svg").first).to_be_visible()
    expect(page.locator("canvas")).to_have_count(0)
    page.get_by_label("Split by").select_option("department")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**split=department**")
    expect(page.locator("[data-chart]")).to_have_count(2)
    visitor.close()
