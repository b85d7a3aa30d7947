"""A passkey made in the browser signs in without a password, under our content policy and without script errors."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.accounts.newcomer import make_person
from tests.e2e.conftest import listen, sign_in
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def plug_in_key(page: Page) -> CDPSession:
    """A key as built into laptops: it stays with the browser and knows its user's finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def prove(page: Page, password: str) -> None:
    page.wait_for_url("**/account/reauthenticate/**")
    page.get_by_label("Password", exact=True).fill(password)
    page.locator("main form button[type=submit]").first.click()


def test_a_passkey_opens_the_door_by_itself(page: Page, stack: Stack) -> None:
    password = make_person(stack, "pam")
    heard = listen(page)
    plug_in_key(page)
    sign_in(page, "pam", password)
    page.goto("/account/2fa/webauthn/add/")
    prove(page, password)
    page.wait_for_url("**/account/2fa/webauthn/add/")
    page.locator("[name=name]").fill("My laptop")
    page.locator("[name=passwordless]").check()
    page.get_by_role("button", name="Add passkey").click()
    page.wait_for_url("**/account/2fa/recovery-codes/")
    page.goto("/account/2fa/webauthn/")
    expect(page.get_by_text("My laptop")).to_be_visible()

    page.goto("/account/logout/")
    page.locator("main form button[type=submit]").click()
    page.goto("/account/login/?next=/settings/me/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(re.compile("/settings/me/$"))
    expect(page.get_by_role("heading", name="My settings")).to_be_visible()
    assert heard == []
