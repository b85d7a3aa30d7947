"""A script stored in every text of every noun runs on no page: no dialog, no foreign element, no complaint of the browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from apps.core.embedded.paths import REPOSITORY
from tests.e2e.conftest import listen, sign_in
from tests.support.script_words import LONG
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FOREIGN = "[onerror], [onload], img[src=nowhere], main svg:not([class]):not([viewBox])"
OWN_PAGES = (
    "/",
    "/overview/",
    "/my-work/",
    "/strategy/",
    "/dashboards/",
    "/dashboards/{dashboard}/",
    "/dashboards/{dashboard}/arrange/",
    "/kpis/explore/",
    "/kpis/{kpis}/chart/",
    "/kpis/{kpis}/origin/",
    "/kpis/?q=onerror",
    "/search/?q=onerror",
    "/search/?q=%22%27%3E%3Cimg+src%3Dnowhere+onerror%3Dalert(1)%3E",
    "/settings/",
    "/settings/me/",
)
KEEPERS_PAGES = ("/audit/", "/deliveries/", "/explain/", "/people/", "/search/?q=onerror")


@pytest.fixture(scope="module")
def scripts(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("scripts")
    command = [sys.executable, "-m", "tests.support.script_words", str(folder)]
    done = subprocess.run(command, env=stack.env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made | {"pack": folder / "pack.html"}


class Crawler:
    """One person's tab: what the browser said, and how often the script was shown as plain words."""

    def __init__(self, page: Page) -> None:
        self.page, self.heard, self.shown = page, listen(page), 0
        page.on("dialog", lambda one: (self.heard.append(f"{page.url}: a dialog"), one.dismiss()))

    def visit(self, url: str) -> None:
        answer = self.page.goto(url)
        assert answer is not None and answer.status == 200, f"{url}: {answer and answer.status}"
        self.look()

    def look(self) -> None:
        found = self.page.evaluate(f"[...document.querySelectorAll({json.dumps(FOREIGN)})].map((one) => one.outerHTML)")
        self.heard += [f"{self.page.url}: {one}" for one in found]
        self.shown += "alert(1)" in self.page.inner_text("body")


def crawler(browser: Browser, stack: Stack, name: str, password: str) -> Iterator[Crawler]:
    visitor = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 800}, locale="en-GB")
    visitor.set_default_timeout(30_000)
    page = visitor.new_page()
    sign_in(page, name, password)
    yield Crawler(page)
    visitor.close()


@pytest.fixture
def manager(browser: Browser, stack: Stack, scripts: dict[str, Any]) -> Iterator[Crawler]:
    yield from crawler(browser, stack, "scripted_opm", scripts["password"])


@pytest.fixture
def keeper(browser: Browser, stack: Stack, scripts: dict[str, Any]) -> Iterator[Crawler]:
    yield from crawler(browser, stack, "scripted_adm", scripts["password"])


def test_every_noun_with_words_holds_the_script(scripts: dict[str, Any]) -> None:
    bare = {name for name, fields in scripts["fields"].items() if not fields}
    assert bare <= {
        "role_grant",
        "kpi_target",
        "kpi_watch",
        "report_recipient",
        "approval_policy_step",
        "hook_call",
        "escalation_step",
        "stock_move",
        "budget_entry",
        "exchange_rate",
        "stock_count",
    }, bare


def test_the_crawler_hears_a_script(manager: Crawler) -> None:
    manager.visit("/overview/")
    assert manager.heard == []
    manager.page.evaluate("(words) => document.querySelector('main').insertAdjacentHTML('beforeend', words)", LONG)
    manager.page.wait_for_timeout(300)
    manager.look()
    assert any("img" in one for one in manager.heard), "the element is seen"
    assert any("Content Security Policy" in one for one in manager.heard), "and the policy's complaint is heard"


def test_own_pages_and_every_list_and_record(manager: Crawler, scripts: dict[str, Any]) -> None:
    places = {"dashboard": scripts["dashboard"], **scripts["records"]}
    for url in OWN_PAGES:
        manager.visit(url.format(**places))
    for path, key in scripts["records"].items():
        for url in (f"/{path}/", f"/{path}/{key}/"):
            manager.visit(url)
    manager.page.goto("/overview/")
    manager.page.keyboard.press("Control+k")
    manager.page.locator("#palette input").fill("onerror")
    manager.page.locator("#palette-list a[role=option]").first.wait_for()
    manager.look()
    assert manager.heard == []
    assert manager.shown > 30, "the script stood there, as words"


def test_forms_that_hold_the_script(manager: Crawler, scripts: dict[str, Any]) -> None:
    assert len(scripts["forms"]) > 8
    for url in scripts["forms"]:
        manager.visit(url)
    assert manager.heard == []


def test_the_admins_pages(keeper: Crawler, scripts: dict[str, Any]) -> None:
    for url in (*KEEPERS_PAGES, f"/people/{scripts['records']['people']}/"):
        keeper.visit(url)
    assert keeper.heard == []
    assert keeper.shown > 2


def test_the_report_as_html(browser: Browser, scripts: dict[str, Any]) -> None:
    """No policy protects a report that is laid out: its words must be words by themselves."""
    page = browser.new_page()
    path: Path = scripts["pack"]
    crawled = Crawler(page)
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    crawled.look()
    assert [one for one in crawled.heard if "alert" in one or "dialog" in one] == []
    assert crawled.shown
    page.close()
