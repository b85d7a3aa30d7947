"""What an operations manager answers for, in one journey: a computed KPI, an alert, an objective, a signed pack, a dashboard."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pypdf import PdfReader

from tests.e2e.conftest import listen
from tests.e2e.test_main_job import csv_file, submit, upload
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
DAYS = 30
PATIENCE = 60
# Six minutes back: longer than a proof of who one is counts for.
AGE = """
from importlib import import_module
from django.conf import settings
store = import_module(settings.SESSION_ENGINE).SessionStore(session_key={key!r})
store["signed_in_at"] -= 360
for one in store.get("account_authentication_methods", []):
    one["at"] -= 360
store.save()
"""


def define(page: Page, root: int, code: str, **values: str) -> str:
    page.goto("/kpis/new/")
    submit(page, {"code": code, "name": code.title(), "department": str(root), "decimals": "1"} | values)
    page.wait_for_url(re.compile(r"/kpis/\d+/$"))
    return key_of(page)


def key_of(page: Page) -> str:
    return page.url.split("?")[0].rstrip("/").rsplit("/", 1)[1]


def feed(page: Page, root: int, key: str, good: str, day: date) -> None:
    page.goto("/kpi-readings/new/")
    submit(page, {"kpi": key, "department": str(root), "at": day.isoformat(), "value": good})
    page.wait_for_url(re.compile(r"/kpi-readings/\d+/$"))


def history(page: Page, until: date) -> None:
    """A month of steady days: 95 of 100 are good."""
    rows = [
        (code, "ROOT", (until - timedelta(days=back)).isoformat(), value)
        for back in range(DAYS, 0, -1)
        for code, value in (("good", str(95 + back % 2)), ("made", "100"))
    ]
    upload(page, "kpi-readings", "month.csv", csv_file([("kpi", "department", "at", "value"), *rows]))


def until_shown(page: Page, address: str, find: Callable[[Page], Locator], stack: Stack) -> Locator:
    """Open the page again until the worker has done its part."""
    deadline = time.monotonic() + PATIENCE
    while True:
        page.goto(address)
        if find(page).count():
            return find(page).first
        assert time.monotonic() < deadline, f"{page.locator('main').inner_text()}\n{stack.log('worker')[-3000:]}"
        page.wait_for_timeout(500)


def press(page: Page, name: str) -> None:
    """An act that asks first, in its dialog."""
    page.get_by_role("main").get_by_text(name, exact=True).first.click()
    page.locator("#dialog[open] form button[type=submit]").first.click()


def test_what_a_manager_answers_for(
    stack: Stack, manager: BrowserContext, company: dict[str, Any], axe: Callable[[Page], list[str]]
) -> None:
    page, root = manager.new_page(), company["root"]
    heard, violations = listen(page), []

    def look() -> None:
        violations.extend(f"{page.url}: {one}" for one in axe(page))

    yesterday = timezone.localdate() - timedelta(days=1)
    parts = {code: define(page, root, code, rule="sum", grain="day") for code in ("good", "made")}
    share = define(page, root, "share", origin="formula", formula="good / made * 100", unit="%", grain="day")
    look()
    page.goto(f"/kpi-targets/new/?kpi={share}")
    look()
    submit(page, {"department": str(root), "valid_from": "2020-01-01", "per": "day", "target": "94", "amber": "90"})
    page.wait_for_url(re.compile(r"/kpi-targets/\d+/$"))
    history(page, yesterday)
    page.goto(f"/kpi-watches/new/?kpi={share}")
    look()
    submit(page, {"department": str(root), "kind": "band", "grain": "day", "notify": str(company["opm"])})
    page.wait_for_url(re.compile(r"/kpi-watches/\d+/$"))
    look()

    objective = set_objective(page, root, share, str(company["opm"]))
    look()
    before = page.locator("main").inner_text()
    feed(page, root, parts["made"], "100", yesterday)
    feed(page, root, parts["good"], "50", yesterday)
    alert = until_shown(page, "/kpi-alerts/", lambda one: one.locator("tbody a", has_text="A"), stack)
    look()
    alert.click()
    page.wait_for_url(re.compile(r"/kpi-alerts/\d+/"))
    expect(page.locator("h1")).to_contain_text("off target")
    expect(page.locator("h1")).to_contain_text("50.0")
    look()
    page.goto("/my-work/")
    expect(page.get_by_role("main")).to_contain_text("Share is off target")
    look()
    page.go_back()
    press(page, "Acknowledge")
    expect(page.get_by_text("Acknowledged").first).to_be_visible()
    page.goto(f"/kpis/{share}/chart/")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"50\.0\s*%.*target 94\.0", re.S))
    look()
    page.goto(f"/kpis/{share}/origin/")
    expect(page.get_by_role("main")).to_contain_text("good / made * 100")
    look()
    page.goto(f"/objectives/{objective}/")
    assert page.locator("main").inner_text() != before
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"50\.0\s*%"))

    walk_the_map(page, objective, look)
    read_the_pack(page, stack, company, look)
    arrange(page, look)
    assert violations == []
    assert heard == []


def set_objective(page: Page, root: int, kpi: str, owner: str) -> str:
    page.goto("/objectives/new/")
    year = timezone.localdate().year
    values = {"title": "Good at the first go", "level": "company", "department": str(root), "owner": owner}
    submit(page, values | {"starts_on": f"{year - 1}-01-01", "ends_on": f"{year + 1}-12-31"})
    page.wait_for_url(re.compile(r"/objectives/\d+/$"))
    key = key_of(page)
    page.goto(f"/key-results/new/?objective={key}")
    values = {"title": "Share of good ones", "weight": "100", "kpi": kpi, "grain": "day"}
    submit(page, values | {"start_value": "40", "target_value": "98"})
    page.wait_for_url(re.compile(r"/key-results/\d+/$"))
    page.goto(f"/objectives/{key}/")
    return key


def walk_the_map(page: Page, objective: str, look: Callable[[], None]) -> None:
    """Both drawings by keyboard: Tab reaches the box, Enter opens it."""
    for view in ("tree", "map"):
        page.goto(f"/strategy/?view={view}")
        look()
        page.locator("main header, main .o-card > header").last.click()
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.closest('svg') && document.activeElement.getAttribute('href')"):
                break
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(rf"/objectives/{objective}/"))


def read_the_pack(page: Page, stack: Stack, company: dict[str, Any], look: Callable[[], None]) -> None:
    page.goto("/report-packs/new/")
    look()
    values = {"code": "board", "title": "Board pack", "department": str(company["root"]), "owner": str(company["opm"])}
    submit(page, values | {"cadence": "week", "layout": "pack", "needs_sign_off": "yes"})
    page.wait_for_url(re.compile(r"/report-packs/\d+/$"))
    pack = page.url
    look()
    press(page, "Make it now")
    link = until_shown(page, pack, lambda one: one.get_by_text("Draft to sign").locator("xpath=ancestor::tr//a"), stack)
    link.click()
    page.wait_for_url(re.compile(r"/reports/\d+/"))
    look()
    report = page.url
    session = next(one["value"] for one in page.context.cookies() if one["name"] == "ops")
    stack.manage("shell", "-c", AGE.format(key=session))
    page.get_by_role("main").get_by_text("Sign off and issue", exact=True).first.click()
    page.get_by_label("Password").fill(company["password"])
    page.locator("main form button").first.click()
    sign_now(page, report)
    until_shown(page, report, lambda one: one.locator(".o-st", has_text="Issued"), stack)
    look()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PDF").first.click()
    text = "".join(piece.extract_text() for piece in PdfReader(download.value.path()).pages)
    assert "Board pack" in text
    assert "Signed off" in text
    assert "Objectives" in text


def sign_now(page: Page, report: str) -> None:
    """Signing again goes through, now that the password was given."""
    page.goto(report)
    press(page, "Sign off and issue")
    page.wait_for_timeout(300)
    assert not page.get_by_label("Password").count(), "asked twice"


def arrange(page: Page, look: Callable[[], None]) -> None:
    page.goto("/dashboards/new/")
    look()
    page.get_by_role("textbox", name="Name").fill("My morning")
    page.get_by_role("button", name="Make dashboard").click()
    page.wait_for_url(re.compile(r"/dashboards/\d+/arrange/$"))
    page.get_by_role("combobox", name="Card").select_option("kpis.chart:share")
    page.get_by_role("button", name="Add card").click()
    rows = page.locator(".o-arrange li")
    expect(rows.last).to_contain_text("Share")
    count = rows.count()
    rows.last.get_by_role("button", name=re.compile("^Move .* up$")).focus()
    page.keyboard.press("Enter")
    expect(rows.nth(count - 2)).to_contain_text("Share")
    look()
    page.get_by_label("My start page").check()
    page.get_by_role("button", name="Save").click()
    page.goto("/")
    page.wait_for_url(re.compile(r"/dashboards/\d+/$"))
    expect(page.get_by_role("heading", name="My morning")).to_be_visible()
    expect(page.locator(".o-cell svg[role=img]").first).to_be_visible()
    look()
    # Others of this run start where their role does.
    page.goto(page.url + "arrange/")
    page.get_by_role("button", name="Remove dashboard").click()
    page.wait_for_url(re.compile(r"/dashboards/$"))
    look()
