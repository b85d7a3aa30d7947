"""Pages as people meet them: on a phone, in the dark, by keyboard, without scripts, and read aloud."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import listen
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PAGES = (
    "/",
    "/overview/",
    "/kpis/",
    "/kpis/{kpi}/",
    "/kpis/new/",
    "/kpis/{kpi}/chart/",
    "/kpi-readings/import/",
    "/reports/",
    "/reports/new/",
    "/search/?q=shown",
    "/my-work/",
    "/tasks/",
    "/tasks/new/",
    "/tasks/{task}/",
    "/tasks/{task}/do/",
    "/tasks/{task}/complete/",
    "/approvals/new/",
    "/approval-policies/",
)
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
STYLE = re.compile("unsafe-inline|unsafe-eval")


@pytest.fixture(scope="module")
def shown(browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any]) -> str:
    """A KPI with readings, made through the API's screens' own verbs."""
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    key = create_kpi(page, "zebra", str(company["root"]))
    visitor.close()
    return key


@pytest.fixture(scope="module")
def task(browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any]) -> str:
    """A task that asks for everything a task can ask for."""
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    page.goto("/my-work/")
    kinds = ("text", "long", "number", "reading", "yesno", "date", "person", "photo")
    fields = [{"name": kind, "label": f"Say {kind}", "kind": kind} for kind in kinds]
    fields.append({"name": "pick", "label": "Pick", "kind": "choice", "choices": ["red", "blue"]})
    answer = page.request.post(
        "/api/v1/tasks/",
        data={
            "title": "Everything at once",
            "department": company["root"],
            "assignee": company["opm"],
            "form": fields,
            "checklist": ["Power off", "Locked"],
            "photo": True,
            "signature": True,
        },
        headers={"X-CSRFToken": page.locator("[name=csrfmiddlewaretoken]").first.input_value(), "Referer": page.url},
    )
    assert answer.status == 201, answer.text()
    key = str(answer.json()["id"])
    visitor.close()
    return key


def create_kpi(page: Page, code: str, department: str) -> str:
    page.goto("/kpis/new/")
    form = page.locator("main form.o-form")
    form.locator("[name=code]").fill(code)
    form.locator("[name=name]").fill(f"Shown {code}")
    form.locator("[name=department]").select_option(department)
    form.locator("button.is-pri").click()
    page.wait_for_url(re.compile(r"/kpis/\d+/$"))
    return page.url.rstrip("/").rsplit("/", 1)[1]


@pytest.fixture(params=[("desk", "light"), ("desk", "dark"), ("phone", "light"), ("phone", "dark")], ids="-".join)
def visit(
    request: pytest.FixtureRequest, browser: Browser, stack: Stack, cookies: dict[str, Any]
) -> Iterator[tuple[Page, str]]:
    size, scheme = request.param
    visitor = browser.new_context(
        base_url=stack.url,
        viewport=PHONE if size == "phone" else DESK,
        has_touch=size == "phone",
        color_scheme=scheme,
        storage_state=cookies["opm"],
        locale="en-GB",
    )
    yield visitor.new_page(), size
    visitor.close()


def test_every_kind_of_page_is_accessible_quiet_and_fits(
    visit: tuple[Page, str], shown: str, task: str, axe: Callable[[Page], list[str]]
) -> None:
    page, size = visit
    heard = listen(page)
    found = []
    for path in PAGES:
        address = path.format(kpi=shown, task=task)
        answer = page.goto(address)
        assert answer is not None and answer.status == 200, address
        assert not STYLE.search(answer.headers["content-security-policy"]), address
        found += [f"{address}: {violation}" for violation in axe(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if size == "phone" and wide > 0:
            found.append(f"{address}: scrolls sideways by {wide} px")
    assert found == []
    assert heard == []


def test_the_palette_finds_a_kpi_by_its_code(
    browser: Browser, stack: Stack, cookies: dict[str, Any], shown: str
) -> None:
    visitor = browser.new_context(base_url=stack.url, viewport=DESK, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    heard = listen(page)
    page.goto("/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.type("zebra")
    option = page.locator("#palette-list [role=option]", has_text="Shown zebra").first
    expect(option).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("zebra")
    expect(option).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/kpis/{shown}/"))
    assert heard == []
    visitor.close()


def test_lists_are_worked_by_single_keys(
    browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any], shown: str
) -> None:
    visitor = browser.new_context(base_url=stack.url, viewport=DESK, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    heard = listen(page)
    create_kpi(page, "keys", str(company["root"]))
    page.goto("/kpis/")
    focused = "document.activeElement.closest('tr')?.innerText ?? ''"
    page.keyboard.press("j")
    first = page.evaluate(focused)
    page.keyboard.press("j")
    second = page.evaluate(focused)
    assert first and second and first != second
    page.keyboard.press("k")
    assert page.evaluate(focused) == first
    page.keyboard.press("x")
    assert page.locator("tbody input[type=checkbox]:checked").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/kpis/\d+/"))
    assert heard == []
    visitor.close()


def test_list_form_and_record_work_without_scripts(
    browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any], shown: str
) -> None:
    visitor = browser.new_context(
        base_url=stack.url, java_script_enabled=False, storage_state=cookies["opm"], locale="en-GB"
    )
    page = visitor.new_page()
    key = create_kpi(page, "plain", str(company["root"]))
    page.goto(f"/kpis/{key}/edit/")
    form = page.locator("main form.o-form")
    form.locator("[name=name]").fill("Renamed without scripts")
    form.locator("button.is-pri").click()
    page.wait_for_url(re.compile(rf"/kpis/{key}/$"))
    assert "Renamed without scripts" in page.locator("main").inner_text()
    page.goto("/kpis/?q=plain")
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("link").first.click()
    page.wait_for_url(re.compile(rf"/kpis/{key}/$"))
    visitor.close()


def test_wrong_input_keeps_what_was_typed_and_says_what_to_do(
    browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any]
) -> None:
    visitor = browser.new_context(base_url=stack.url, viewport=DESK, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    page.goto("/kpis/new/")
    form = page.locator("main form.o-form")
    form.locator("[name=code]").fill("not a code")
    form.locator("[name=name]").fill("Kept")
    form.locator("button.is-pri").click()
    expect(page.locator("main form.o-form [name=name]")).to_have_value("Kept")
    assert page.locator("main [aria-invalid=true]").count() >= 1
    visitor.close()
