"""People talk, watch and are told by a running platform; another system is heard even when the worker dies."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from apps.integrations import signing
from tests.e2e.conftest import listen
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PATIENCE = 60_000
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PAGES = (
    "/departments/{root}/",
    "/notices/",
    "/notices/settings/",
    "/announcements/new/",
    "/shift-log/",
    "/tier-boards/{board}/board/",
    "/tier-boards/{board}/",
    "/tier-issues/new/",
    "/escalations/",
    "/webhooks/new/",
    "/webhook-deliveries/",
    "/inbound-hooks/{hook}/",
    "/inbound-hooks/{hook}/secret/",
    "/hook-calls/",
)


def api(page: Page, path: str, data: dict[str, Any]) -> dict[str, Any]:
    page.goto("/notices/settings/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post(f"/api/v1/{path}/", data=data, headers={"X-CSRFToken": token, "Referer": page.url})
    assert answer.ok, answer.text()
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(scope="module")
def made(browser: Browser, stack: Stack, cookies: dict[str, Any], company: dict[str, Any]) -> dict[str, Any]:
    visitor = browser.new_context(base_url=stack.url, storage_state=cookies["opm"], locale="en-GB")
    page = visitor.new_page()
    board = api(page, "tier-boards", {"name": "Line", "department": company["root"], "tier": 1})
    hook = api(page, "inbound-hooks", {"name": "Oven", "style": "standard"})
    secret = api(page, f"inbound-hooks/{hook['id']}/secret", {})["secret"]
    visitor.close()
    return {"root": company["root"], "board": board["id"], "hook": hook["id"], "key": hook["key"], "secret": secret}


def test_a_mention_rings_the_bell_and_reading_stops_it(
    browser: Browser,
    stack: Stack,
    cookies: dict[str, Any],
    manager: BrowserContext,
    company: dict[str, Any],
    axe: Callable[[Page], list[str]],
) -> None:
    page = manager.new_page()
    heard = listen(page)
    page.goto(f"/departments/{company['root']}/")
    page.keyboard.press("m")
    box = page.locator("#comment textarea")
    expect(box).to_be_focused()
    box.press_sequentially("The gate is open. @adm")
    expect(page.get_by_role("option", name="Adm Test · @adm")).to_be_visible()
    box.press("Enter")
    expect(box).to_have_value("The gate is open. @adm ")
    box.press("Control+Enter")
    expect(page.locator(".o-tl .is-comment")).to_contain_text("The gate is open.")

    other = browser.new_context(base_url=stack.url, storage_state=cookies["adm"], locale="en-GB").new_page()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        other.goto("/overview/")
        if other.locator("a.o-bell .o-count").count():
            break
        time.sleep(0.5)
    other.locator("a.o-bell").click()
    line = other.locator("#bell .o-notice", has_text="The gate is open.")
    expect(line).to_contain_text("You get this because you are mentioned")
    assert axe(other) == []
    line.get_by_role("link").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Company")
    other.goto("/notices/?show=unread")
    expect(other.locator(".o-notice", has_text="The gate is open.")).to_have_count(0)
    other.context.close()
    assert heard == []


def say(stack: Stack, made: dict[str, Any], number: int) -> int:
    body = json.dumps({"type": "temperature", "value": number}).encode()
    stamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": f"m{number}",
        "webhook-timestamp": str(stamp),
        "webhook-signature": signing.sign(made["secret"], message_id=f"m{number}", timestamp=stamp, body=body),
    }
    request = urllib.request.Request(f"{stack.url}/hooks/in/{made['key']}/", data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_what_was_answered_is_kept_though_the_web_dies(stack: Stack, made: dict[str, Any]) -> None:
    assert [say(stack, made, 1), say(stack, made, 1)] == [202, 200]
    assert say(stack, made, 2) == 202
    stack.kill("worker")
    stack.kill_and_wait("web")
    assert [say(stack, made, number) for number in (1, 2, 3)] == [200, 200, 202]
    with stack.owner() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.scope', 'all', false)")
        cursor.execute(
            "SELECT payload->'values'->>'value', count(*) FROM core_event WHERE name = 'integrations.hook_received'"
            " AND subject = %s GROUP BY 1 ORDER BY 1",
            [f"inbound_hook:{made['hook']}"],
        )
        assert cursor.fetchall() == [("1", 1), ("2", 1), ("3", 1)]


def test_a_large_body_is_refused_by_the_real_server(stack: Stack, made: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{stack.url}/hooks/in/{made['key']}/", data=b"x" * 10_000_000, headers={"Content-Type": "application/json"}
    )
    with pytest.raises((urllib.error.HTTPError, urllib.error.URLError, ConnectionError)) as refused:
        urllib.request.urlopen(request, timeout=20)
    if isinstance(refused.value, urllib.error.HTTPError):
        assert refused.value.code == 413


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_pages_are_clean(
    browser: Browser,
    stack: Stack,
    cookies: dict[str, Any],
    made: dict[str, Any],
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
        page.goto(re.sub(r"\{(\w+)\}", lambda found: str(made[found[1]]), path))
        assert axe(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide}"
    assert heard == []
    visitor.close()
