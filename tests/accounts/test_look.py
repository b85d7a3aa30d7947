"""The pages of the front door are accessible and fit: at a desk, on a phone, in the light and in the dark."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.accounts.newcomer import make_person
from tests.e2e.conftest import listen, sign_in
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
OUTSIDE = ("/account/login/", "/account/password/reset/key/x-y/")
INSIDE = (
    "/account/2fa/",
    "/account/2fa/webauthn/",
    "/account/2fa/webauthn/add/",
    "/account/2fa/totp/activate/",
    "/account/sessions/",
    "/account/password/change/",
    "/account/reauthenticate/",
    "/account/logout/",
    "/settings/me/",
)
SHOTS = os.environ.get("OPS_SHOTS", "")


@pytest.fixture(scope="module")
def state(browser: Browser, stack: Stack) -> dict[str, Any]:
    """Somebody who signed in and proved it once more."""
    password = make_person(stack, "lou")
    visitor = browser.new_context(base_url=stack.url, locale="en-GB")
    page = visitor.new_page()
    sign_in(page, "lou", password)
    page.goto("/account/2fa/totp/activate/")
    page.locator("main input[type=password]").fill(password)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/account/2fa/totp/activate/")
    kept: dict[str, Any] = visitor.storage_state()
    visitor.close()
    return kept


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_front_door_is_accessible_quiet_and_fits(
    browser: Browser, stack: Stack, state: dict[str, Any], axe: Callable[[Page], list[str]], width: int, scheme: Any
) -> None:
    found: list[str] = []
    heard: list[str] = []
    for kept, paths in ((None, OUTSIDE), (state, INSIDE)):
        visitor = browser.new_context(
            base_url=stack.url, viewport={"width": width, "height": 844}, color_scheme=scheme, storage_state=kept
        )
        page = visitor.new_page()
        told = listen(page)
        for path in paths:
            answer = page.goto(path)
            assert answer is not None and answer.status == 200 and page.url.endswith(path), path
            found += [f"{path}: {violation}" for violation in axe(page)]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found += [f"{path}: scrolls sideways by {wide} px"] if wide > 0 else []
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{path.strip('/').replace('/', '-')}-{width}-{scheme}.png")
        heard += told
        visitor.close()
    assert found == [] and heard == []
