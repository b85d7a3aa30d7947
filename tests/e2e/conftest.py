"""What browser tests share: people who are signed in, and a record of everything a page complained about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.support.company import make_company
from tests.support.stack import Stack


@pytest.fixture(scope="session")
def company(stack: Stack) -> dict[str, Any]:
    return make_company(stack)


def listen(page: Page) -> list[str]:
    """Script errors, console errors and broken content policies, as they come."""
    heard: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            heard.append(f"{page.url}: {message.text}")

    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
    page.on("console", console)
    return heard


def sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("Sign-in name or e-mail").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/")


@pytest.fixture(scope="session")
def cookies(browser: Browser, stack: Stack, company: dict[str, Any]) -> dict[str, Any]:
    """The browser state of each signed-in person, so that signing in is driven once and not in every test."""
    states = {}
    for name in ("opm", "adm", "buy", "opr"):
        visitor = browser.new_context(base_url=stack.url, locale="en-GB")
        sign_in(visitor.new_page(), name, company["password"])
        states[name] = visitor.storage_state()
        visitor.close()
    return states


@pytest.fixture
def manager(browser: Browser, stack: Stack, cookies: dict[str, Any]) -> Iterator[BrowserContext]:
    """The operations manager at a desk."""
    visitor = browser.new_context(
        base_url=stack.url, viewport={"width": 1280, "height": 800}, locale="en-GB", storage_state=cookies["opm"]
    )
    visitor.set_default_timeout(15_000)
    yield visitor
    visitor.close()
