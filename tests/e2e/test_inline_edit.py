"""A cell of a list is changed where it stands: by mouse and by keyboard, with the form's own rules, and without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.e2e.conftest import listen
from tests.e2e.test_screens import create_kpi
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def record(page: Page, key: str) -> dict[str, Any]:
    answer = page.request.get(f"/api/v1/kpis/{key}/")
    assert answer.ok
    found: dict[str, Any] = answer.json()
    return found


def row(page: Page, key: str) -> Locator:
    return page.locator(f"#rows tr[data-url='/kpis/{key}/']")


def name_cell(page: Page, key: str) -> Locator:
    return row(page, key).locator("td[data-edit][hx-get$='/cells/name/']")


@pytest.fixture
def kpi(manager: BrowserContext, company: dict[str, Any], request: pytest.FixtureRequest) -> tuple[Page, str]:
    page = manager.new_page()
    code = "inl_" + str(abs(hash(request.node.name)) % 10**6)
    return page, create_kpi(page, code, str(company["root"]))


def test_a_double_click_opens_enter_saves_and_escape_leaves(kpi: tuple[Page, str]) -> None:
    page, key = kpi
    heard = listen(page)
    page.goto("/kpis/?size=200")
    before = record(page, key)
    cell = name_cell(page, key)
    cell.dblclick()
    field = cell.locator("input[name=name]")
    expect(field).to_be_focused()
    field.fill("Left alone")
    field.press("Escape")
    expect(cell.locator("form")).to_have_count(0)
    expect(cell).to_have_text(before["name"])
    expect(row(page, key)).to_be_focused()
    assert record(page, key)["version"] == before["version"]
    page.keyboard.press("e")
    first = row(page, key).locator("form.o-cell-form").locator("input:not([type=hidden]), select")
    expect(first).to_be_focused()
    first.press("Escape")
    cell.dblclick()
    field.fill("Seen on the spot")
    field.press("Enter")
    expect(name_cell(page, key)).to_have_text("Seen on the spot")
    expect(row(page, key)).to_be_focused()
    after = record(page, key)
    assert (after["name"], after["version"]) == ("Seen on the spot", before["version"] + 1)
    same = {name for name in before if before[name] != after[name]}
    assert same <= {"name", "version"}, "nothing else changed"
    assert heard == []


def test_refusals_and_conflicts_stay_in_the_cell(kpi: tuple[Page, str], manager: BrowserContext) -> None:
    page, key = kpi
    page.goto("/kpis/?size=200")
    cell = name_cell(page, key)
    cell.dblclick()
    field = cell.locator("input[name=name]")
    expect(field).to_be_focused()
    field.fill("")
    field.press("Enter")
    expect(cell.locator(".o-f-error")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    other = manager.new_page()
    other.goto("/kpis/?size=200")
    name_cell(other, key).dblclick()
    expect(name_cell(other, key).locator("input[name=name]")).to_be_focused()
    name_cell(other, key).locator("input[name=name]").fill("Theirs")
    name_cell(other, key).locator("input[name=name]").press("Enter")
    expect(name_cell(other, key)).to_have_text("Theirs")
    field.fill("Mine")
    field.press("Enter")
    expect(cell.locator(".o-f-error")).to_contain_text("Somebody saved 'Theirs' here")
    assert record(page, key)["name"] == "Theirs", "nobody's change is lost unseen"
    expect(field).to_have_value("Mine")
    field.press("Enter")
    expect(name_cell(page, key)).to_have_text("Mine")
    assert record(page, key)["name"] == "Mine"


def test_without_scripts_a_pencil_leads_to_the_form(
    kpi: tuple[Page, str], browser: Browser, stack: Stack, cookies: dict[str, Any]
) -> None:
    _, key = kpi
    plain = browser.new_context(base_url=stack.url, java_script_enabled=False, storage_state=cookies["opm"])
    page = plain.new_page()
    page.goto("/kpis/?size=200")
    row(page, key).get_by_role("link", name=re.compile("^Edit ")).click()
    assert re.search(rf"/kpis/{key}/[a-z-]+/$", page.url)
    page.locator("main form.o-form [name=name]").fill("By the form")
    page.locator("main form.o-form button.is-pri").click()
    assert record(page, key)["name"] == "By the form"
    plain.close()
