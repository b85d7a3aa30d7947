"""A workflow drawn in a real browser: checked while one draws, saved, set up by form, tried, and seen as a heat map."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import listen
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PAGES = ("editor/", "steps/task/", "trial/", "heat-map/", "heat-map/?measure=wait&period=all")


@pytest.fixture(scope="module")
def drawn(browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any]) -> int:
    """A workflow with the first diagram: a start, one task and an end."""
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    page.goto("/workflows/new/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post(
        "/api/v1/workflows/",
        data={"code": "drawn", "name": "Drawn", "department": company["root"]},
        headers={"X-CSRFToken": token, "Referer": page.url},
    )
    assert answer.status == 201, answer.text()
    key: int = answer.json()["id"]
    visitor.close()
    return key


def test_draw_check_save_and_set_up(manager: BrowserContext, drawn: int) -> None:
    page = manager.new_page()
    heard = listen(page)
    page.goto(f"/workflows/{drawn}/editor/")
    board = page.locator("[data-board-canvas]")
    task = board.locator(".djs-shape[data-element-id]:has(.djs-visual rect[rx])").first
    expect(task).to_be_visible()
    expect(page.locator("[data-board-sound]")).to_have_text("Nothing found: every case can end properly.")
    task.click()
    page.locator(".djs-context-pad .entry[data-action='append.append-task']").click()
    state = page.locator("[data-board-state]")
    expect(state).to_have_text("Not saved yet")
    page.keyboard.press("Escape")
    expect(page.locator("[data-board-findings] li").first).to_be_visible()
    page.keyboard.press("Control+s")
    expect(state).to_have_text("Saved")
    page.get_by_role("button", name="Undo").click()
    expect(state).to_have_text("Not saved yet")
    task.click()
    page.get_by_role("button", name="Set up").click()  # saves first, then opens the form
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_label(re.compile("^Name")).fill("Weigh the sample")
    dialog.get_by_label("Label 1").fill("Weight")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#steps")).to_contain_text("Weigh the sample")
    expect(board).to_contain_text("Weigh")
    saved = page.request.get(f"/api/v1/workflows/{drawn}/").json()
    assert len(re.findall(r"<bpmn:(?:userTask|task) ", saved["xml"])) == 1
    assert 'label="Weight"' in saved["xml"]
    assert heard == []


def test_two_who_draw_do_not_overwrite_each_other(manager: BrowserContext, drawn: int) -> None:
    first, second = manager.new_page(), manager.new_page()
    for page in (first, second):
        page.goto(f"/workflows/{drawn}/editor/")
        expect(page.locator("[data-board-state]")).to_have_text("Saved")
    first.get_by_role("button", name="Save", exact=True).click()
    expect(first.locator("[data-board-state]")).to_have_text("Saved")
    moved = second.locator("[data-board-canvas] .djs-shape").first
    moved.click()
    second.keyboard.press("Delete")
    first.request.patch(
        f"/api/v1/workflows/{drawn}/",
        data={"purpose": "Meanwhile"},
        headers={
            "If-Match": f'"v{first.request.get(f"/api/v1/workflows/{drawn}/").json()["version"]}"',
            "X-CSRFToken": first.locator("[name=csrfmiddlewaretoken]").first.input_value(),
            "Referer": first.url,
        },
    )
    second.get_by_role("button", name="Save", exact=True).click()
    expect(second.locator("[data-board-alert]")).to_contain_text("Somebody saved this first")


def test_without_scripts_the_picture_and_the_forms_stay(
    browser: Browser, stack: Stack, cookies: dict[str, Any], drawn: int
) -> None:
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"], java_script_enabled=False)
    page = visitor.new_page()
    page.goto(f"/workflows/{drawn}/editor/")
    expect(page.locator("[data-drawn] svg").first).to_be_visible()
    page.locator("#steps").get_by_role("link", name="Set up").nth(1).click()
    page.get_by_label("What to do").fill("Use the small scale")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/editor/$"))
    visitor.close()


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_pages_are_clean(
    browser: Browser,
    stack: Stack,
    cookies: dict[str, Any],
    drawn: int,
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
    saved = page.request.get(f"/api/v1/workflows/{drawn}/").json()["xml"]
    found = re.search(r'<bpmn:(?:userTask|task) id="([^"]+)"', saved)
    assert found is not None
    for path in PAGES:
        page.goto(f"/workflows/{drawn}/{path.replace('task', found[1])}")
        page.wait_for_load_state("networkidle")
        assert axe(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide}"
    assert heard == []
    visitor.close()
