"""Large files go through a job at both doors: checked, imported whole, cancelled whole, undone whole."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from django.conf import settings

from tests.security.test_races import sign_in
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

HEAD = "code,name,city,time_zone,currency\n"


@pytest.fixture(scope="module")
def manager(stack: Stack, api_token: str) -> requests.Session:
    """An operations manager in a browser's session, because tokens make no sites."""
    session = sign_in(stack)
    session.headers["X-CSRFToken"] = session.cookies[settings.CSRF_COOKIE_NAME]
    session.headers["Referer"] = stack.url
    return session


def sites(prefix: str, count: int, wrong_every: int = 0) -> str:
    rows = [
        f"{prefix}{number},{'' if wrong_every and number % wrong_every == 0 else f'Site {number}'},Town,UTC,EUR"
        for number in range(count)
    ]
    return HEAD + "\n".join(rows) + "\n"


def stored(stack: Stack, prefix: str, *, archived: bool = False) -> int:
    connection = stack.owner()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM org_site WHERE code LIKE %s AND (archived_at IS NOT NULL) = %s",
            [f"{prefix}%", archived],
        )
        found = int(cursor.fetchone()[0])
    connection.close()
    return found


def check(stack: Stack, session: requests.Session, text: str) -> requests.Response:
    return session.post(
        f"{stack.url}/api/v1/imports/",
        data={"resource": "sites"},
        files={"file": ("sites.csv", text.encode())},
        timeout=60,
    )


def finished(stack: Stack, session: requests.Session, key: int, seconds: float = 120) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = session.get(f"{stack.url}/api/v1/imports/{key}/", timeout=60)
        if answer.status_code == 200:
            return dict(answer.json())
        assert answer.status_code == 202, answer.text
        time.sleep(0.3)
    raise AssertionError(f"import {key} did not end: {answer.text[:500]}")


def do(stack: Stack, session: requests.Session, key: int, verb: str) -> requests.Response:
    return session.post(f"{stack.url}/api/v1/imports/{key}/{verb}/", timeout=60)


def test_a_small_file_is_checked_at_once(stack: Stack, manager: requests.Session) -> None:
    answer = check(stack, manager, sites("SM", 3))
    assert answer.status_code == 201, answer.text
    assert answer.json()["created"] == 3 and answer.json()["job"] is None
    assert do(stack, manager, answer.json()["id"], "run").json()["state"] == "imported"
    assert stored(stack, "SM") == 3


def test_a_large_file_is_imported_by_a_job_and_undone(stack: Stack, manager: requests.Session) -> None:
    answer = check(stack, manager, sites("LG", 600))
    assert answer.status_code == 202, answer.text
    key = answer.json()["id"]
    report = finished(stack, manager, key)
    assert (report["state"], report["created"], report["problems"]) == ("checked", 600, [])
    assert stored(stack, "LG") == 0, "the check kept something"
    assert do(stack, manager, key, "run").status_code == 202
    assert do(stack, manager, key, "run").status_code >= 400, "imported twice at once"
    assert finished(stack, manager, key)["state"] == "imported"
    assert stored(stack, "LG") == 600
    again = check(stack, manager, sites("LG", 600)).json()["id"]
    assert finished(stack, manager, again)["unchanged"] == 600, "a second run would import it again"
    assert do(stack, manager, key, "undo").json()["state"] == "undone"
    assert stored(stack, "LG") == 0 and stored(stack, "LG", archived=True) == 600


def test_faults_in_a_large_file_are_told_row_by_row_and_nothing_is_kept(
    stack: Stack, manager: requests.Session
) -> None:
    key = check(stack, manager, sites("FT", 600, wrong_every=100)).json()["id"]
    report = finished(stack, manager, key)
    assert [one["line"] for one in report["problems"]] == [2 + number for number in range(0, 600, 100)]
    assert do(stack, manager, key, "run").status_code == 202
    assert finished(stack, manager, key)["state"] == "refused"
    assert stored(stack, "FT") == 0


def test_a_cancelled_import_keeps_nothing_and_may_be_run_again(stack: Stack, manager: requests.Session) -> None:
    key = check(stack, manager, sites("CN", 1200)).json()["id"]
    assert finished(stack, manager, key)["state"] == "checked"
    job = do(stack, manager, key, "run").json()["job"]["id"]
    wait_until_running(stack, manager, key)
    manager.post(f"{stack.url}/jobs/{job}/cancel/", timeout=60)
    report = finished(stack, manager, key)
    assert report["job"]["state"] == "cancelled" and report["state"] == "checked"
    assert stored(stack, "CN") == 0
    assert do(stack, manager, key, "run").status_code == 202
    assert finished(stack, manager, key)["state"] == "imported"
    assert stored(stack, "CN") == 1200


def wait_until_running(stack: Stack, session: requests.Session, key: int) -> None:
    """Progress is told out of the open transaction, so somebody else sees it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        job = session.get(f"{stack.url}/api/v1/imports/{key}/", timeout=60).json()["job"]
        if job["state"] == "running" and job["done_count"] > 0:
            return
        time.sleep(0.1)
    raise AssertionError(f"no progress was seen: {job}")
