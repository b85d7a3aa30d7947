"""A task on a phone: one thing at a time, and without network nothing is lost and nothing counts twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import listen
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FORM = [
    {
        "name": "pressure",
        "label": "Pressure",
        "kind": "reading",
        "unit": "bar",
        "low": "5.8",
        "high": "6.2",
        "required": True,
    },
    {"name": "remark", "label": "Remark", "kind": "text"},
]


@pytest.fixture
def phone(browser: Browser, stack: Stack, cookies: dict[str, Any]) -> Iterator[BrowserContext]:
    visitor = browser.new_context(
        base_url=stack.url,
        viewport={"width": 360, "height": 740},
        is_mobile=True,
        has_touch=True,
        locale="en-GB",
        storage_state=cookies["opm"],
    )
    visitor.set_default_timeout(15_000)
    yield visitor
    visitor.close()


def csrf(page: Page) -> str:
    return str(page.locator("[name=csrfmiddlewaretoken]").first.input_value())


def open_task(page: Page, company: dict[str, Any], **values: Any) -> int:
    """A task of one's own, due soon, through the API with the browser's session."""
    page.goto("/my-work/")
    people = page.request.get("/api/v1/people/?limit=200").json()["results"]
    me = next(one["id"] for one in people if one["username"] == "opm")
    answer = page.request.post(
        "/api/v1/tasks/",
        data={"title": "Check the press", "department": company["root"], "assignee": me, "form": FORM} | values,
        headers={"X-CSRFToken": csrf(page), "Referer": page.url},
    )
    assert answer.status == 201, answer.text()
    return int(answer.json()["id"])


def state(page: Page, key: int) -> dict[str, Any]:
    found: dict[str, Any] = page.request.get(f"/api/v1/tasks/{key}/").json()
    return found


def told(page: Page, key: int) -> list[str]:
    """The names of all facts about the task, from the changes feed."""
    names, cursor = [], ""
    while True:
        answer = page.request.get(f"/api/v1/changes/?limit=200&after={cursor}").json()
        names += [one["name"] for one in answer["results"] if one["subject"] == f"task:{key}"]
        if not answer["results"]:
            return names
        cursor = answer["cursor"]


def fill(page: Page, value: str) -> None:
    page.get_by_label("Pressure").fill(value)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Remark").fill("Sounds fine")
    page.get_by_role("button", name="Next").click()


def wait_until_kept(page: Page, path: str) -> None:
    for _ in range(100):
        if page.evaluate("async (path) => Boolean(await (await caches.open('ops-pages')).match(path))", path):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"the phone does not keep {path}")


def test_one_thing_at_a_time_with_the_verdict_at_the_reading(phone: BrowserContext, company: dict[str, Any]) -> None:
    page = phone.new_page()
    heard = listen(page)
    key = open_task(page, company)
    page.goto(f"/tasks/{key}/do/")
    expect(page.get_by_label("Remark")).to_be_hidden()
    for digit in "6.3":
        page.get_by_role("button", name=digit, exact=True).tap()
    expect(page.get_by_text("Out of limits")).to_be_visible()
    sizes = page.eval_on_selector_all(
        ".o-task button:not([hidden]), .o-task a",
        "all => all.filter(one => one.offsetParent).map(one => Math.min(one.offsetWidth, one.offsetHeight))",
    )
    assert min(sizes) >= 48, "every target of a phone task is at least 48 pixels"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    fill(page, "6.0")
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**/my-work/")
    assert state(page, key)["done_at"]
    assert heard == []


def test_without_network_a_task_is_done_once(phone: BrowserContext, company: dict[str, Any]) -> None:
    page = phone.new_page()
    key = open_task(page, company, due_at="2026-01-05T06:00:00Z")
    page.goto("/my-work/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    kept = f"/tasks/{key}/do/"
    wait_until_kept(page, kept)
    phone.set_offline(True)
    page.goto("/my-work/")
    expect(page.locator("[data-net]")).to_contain_text("No network")
    page.goto(kept)
    fill(page, "6,1")
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**/my-work/")
    expect(page.locator("[data-net]")).to_contain_text("Kept safe on this phone: 1")
    for _ in range(2):
        page.reload()
        expect(page.locator("[data-net]")).to_contain_text("Kept safe on this phone: 1")
    page.goto("/kpis/")
    expect(page.get_by_text("This page is not kept on this device")).to_be_visible()
    page.goto("/my-work/")
    expect(page.locator("[data-net]")).to_contain_text("Kept safe on this phone: 1")
    phone.set_offline(False)
    expect(page.locator("[data-net]")).to_be_hidden(timeout=25_000)
    assert state(page, key)["done_at"]
    deadline = time.monotonic() + 30  # the feed tells what is older than every transaction that still runs
    while not (done := told(page, key).count("work.task_completed")) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert done == 1


def test_what_the_server_refuses_stays_and_asks_the_person(phone: BrowserContext, company: dict[str, Any]) -> None:
    page = phone.new_page()
    key = open_task(page, company)
    page.goto(f"/tasks/{key}/do/")
    token = csrf(page)
    fill(page, "6.0")
    answer = page.request.post(
        f"/api/v1/tasks/{key}/cancel/",
        data={"reason": "Not needed"},
        headers={"X-CSRFToken": token, "Referer": page.url},
    )
    assert answer.ok, answer.text()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("[data-net]")).to_contain_text("Needs a look")
    expect(page.locator("[data-net]")).to_contain_text("is cancelled already")
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("[data-net]")).to_be_hidden()
