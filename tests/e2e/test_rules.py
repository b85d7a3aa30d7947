"""A manager writes a rule, tries it on the past, switches it on, and a real worker does what it says."""

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


@pytest.fixture
def desk(browser: Browser, stack: Stack, cookies: dict[str, Any]) -> Iterator[Page]:
    visitor = browser.new_context(base_url=stack.url, viewport=DESK, locale="en-GB", storage_state=cookies["opm"])
    visitor.set_default_timeout(20_000)
    yield visitor.new_page()
    visitor.close()


def form_team(page: Page, company: dict[str, Any], code: str, name: str) -> None:
    page.goto("/teams/new/")
    page.locator("form.o-form [name=department]").select_option(str(company["root"]))
    page.locator("form.o-form [name=code]").fill(code)
    page.locator("form.o-form [name=name]").fill(name)
    page.locator("form.o-form button.is-pri").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def press(page: Page, name: str) -> None:
    """By keyboard, as somebody without a mouse would."""
    button = page.get_by_role("button", name=name, exact=True).last
    button.focus()
    with page.expect_navigation():
        button.press("Enter")


def write_rule(page: Page) -> None:
    """When a team is formed, if it is a shift and (early or night), then open a task: two groups, one action."""
    page.get_by_label("Trigger").select_option("fact")
    page.get_by_label("What happens").select_option("org.team_formed")
    press(page, "Show the fields of this trigger")
    expect(page.get_by_label("Kind of record")).to_have_value("team")
    press(page, "Condition 1")
    press(page, "Group 1")
    press(page, "Condition 3")
    press(page, "Condition 3")
    for number, (field, operator, value) in {
        2: ("record.name", "contains", "shift"),
        4: ("record.code", "is", "JN"),
        5: ("record.code", "is", "JE"),
    }.items():
        page.get_by_label(f"Condition {number}, field").select_option(field)
        page.get_by_label(f"Condition {number}, operator").select_option(operator)
        page.get_by_label(f"Condition {number}, value").fill(value)
    page.get_by_label("Group 3", exact=True).select_option("any")
    press(page, "Add step")
    page.get_by_label("Step 1, action").select_option("task.open")
    press(page, "Show inputs 1")
    page.get_by_label("Title").fill("Welcome {record.name}")
    page.get_by_label("Department").fill("{record.department}")


def wait_for(page: Page, words: str) -> None:
    look_again(page, page.locator("main").get_by_text(words, exact=True).first)


def look_again(page: Page, sought: Locator) -> None:
    """The worker answers in its own time: look again until it did."""
    for _ in range(60):
        if sought.is_visible():
            return
        page.wait_for_timeout(1000)
        page.reload()
    expect(sought).to_be_visible()


def test_a_rule_from_first_word_to_its_effect(
    desk: Page, company: dict[str, Any], axe: Callable[[Page], list[str]]
) -> None:
    page, heard = desk, listen(desk)
    form_team(page, company, "JN", "Journey night shift")
    form_team(page, company, "JO", "Journey office")

    page.goto("/automation/new/")
    page.locator("form.o-form [name=code]").fill("welcome-shifts")
    page.locator("form.o-form [name=name]").fill("Welcome new shifts")
    page.locator("form.o-form [name=department]").select_option(str(company["root"]))
    page.locator("form.o-form button.is-pri").click()
    expect(page.get_by_role("heading", name="Welcome new shifts")).to_be_visible()
    rule = page.url
    page.get_by_role("link", name="Edit rule").click()
    write_rule(page)
    page.get_by_label("Condition 5, field").select_option("")
    press(page, "Save")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Condition 3")
    page.get_by_label("Condition 5, field").select_option("record.code")
    assert axe(page) == []
    press(page, "Save")
    expect(page.locator("main")).to_contain_text("Any of these:")

    page.get_by_role("link", name="Switch on").or_(page.get_by_role("button", name="Switch on")).first.click()
    page.locator("dialog[open]").get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("Dry-run it first").first).to_be_visible()
    page.goto(rule)
    dry_run(page, days="3")
    expect(page.locator("main")).to_contain_text("would have fired 1 time")
    page.get_by_role("link", name=re.compile("3 days")).first.click()
    expect(page.locator("main")).to_contain_text("It would have fired 1 time.")
    expect(page.locator("main")).to_contain_text("Welcome Journey night shift")
    expect(page.locator("main")).not_to_contain_text("Journey office")
    tried = page.url

    page.goto(rule)
    page.get_by_role("link", name="Switch on").or_(page.get_by_role("button", name="Switch on")).first.click()
    page.locator("dialog[open]").get_by_role("button", name="Switch on").click()
    wait_for(page, "On")
    form_team(page, company, "JE", "Journey early shift")
    page.goto(rule)
    runs = page.get_by_role("row").filter(has=page.get_by_role("link", name=re.compile(r"^R\d+$")))
    look_again(page, runs.filter(has_text="Done").first)  # not the dry run's "Done"
    runs.first.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("Causes and effects")
    run = page.url
    wait_for(page, "Welcome Journey early shift")
    page.get_by_role("link", name="Welcome Journey early shift").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Welcome Journey early shift")
    page.goto("/tasks/?q=Journey+night")
    expect(page.locator("main")).not_to_contain_text("Welcome Journey night shift")
    look_round(page, (rule, f"{rule}rule/", tried, run, "/automation/", "/automation-runs/"), axe)
    assert heard == []


def dry_run(page: Page, *, days: str) -> None:
    button = page.get_by_role("link", name="Dry run", exact=True).or_(
        page.get_by_role("button", name="Dry run", exact=True)
    )
    if not button.first.is_visible():
        page.locator("details.o-menu summary[aria-label=More]").click()
    button.first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Days to look back").fill(days)
    dialog.get_by_role("button", name="Dry run", exact=True).click()
    wait_for(page, "This version was dry-run.")


def look_round(page: Page, addresses: tuple[str, ...], axe: Callable[[Page], list[str]]) -> None:
    """Light, dark and on a phone: no barrier, nothing wider than the screen."""
    for address in addresses:
        for look, size in (("light", DESK), ("dark", DESK), ("light", PHONE)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.emulate_media(color_scheme=look)  # type: ignore[arg-type]
            page.goto(address)
            assert axe(page) == [], (address, look, size)
            if size is PHONE:
                wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, f"{address} is {wide} px too wide"
