"""Twenty at once against the running platform: one effect by Idempotency-Key, one winner by ETag."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests
from django.conf import settings

from tests.support.stack import Stack

AT_ONCE = 20


def test_the_same_request_twenty_times_is_one_effect(stack: Stack, api_token: str) -> None:
    headers = {"Authorization": f"Bearer {api_token}", "Idempotency-Key": "twenty"}
    body = {"readings": [{"kpi": "fuzz", "department": "FZ-ROOT", "at": "2026-03-01T00:00:00Z", "value": "1"}]}
    url = f"{stack.url}/api/v1/kpi-readings/bulk/"
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answers = list(crowd.map(lambda _: requests.post(url, json=body, headers=headers, timeout=60), range(AT_ONCE)))
    assert Counter(one.status_code for one in answers) == {201: AT_ONCE}
    assert len({one.json()["batch"] for one in answers}) == 1
    assert sum(one.headers.get("Idempotency-Replayed") == "true" for one in answers) == AT_ONCE - 1


def test_of_twenty_changes_with_one_etag_one_wins(stack: Stack, api_token: str) -> None:
    """In a browser's session, because tokens may not change KPIs."""
    headers = {"Authorization": f"Bearer {api_token}"}
    items = requests.get(f"{stack.url}/api/v1/sites/?q=FZ", headers=headers, timeout=60).json()["results"]
    session = sign_in(stack)
    url = f"{stack.url}/api/v1/sites/{items[0]['id']}/"
    version = session.get(url, timeout=60).headers["ETag"]

    def change(number: int) -> int:
        given = {"If-Match": version, "X-CSRFToken": session.cookies[settings.CSRF_COOKIE_NAME]}
        return session.patch(url, json={"city": f"City {number}"}, headers=given, timeout=60).status_code

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        answers = Counter(crowd.map(change, range(AT_ONCE)))
    assert answers == {200: 1, 412: AT_ONCE - 1}


def sign_in(stack: Stack) -> requests.Session:
    session = requests.Session()
    session.get(f"{stack.url}/account/login/", timeout=60)
    form = {
        "login": "fuzz_opm",
        "password": "correct horse battery staple",
        "csrfmiddlewaretoken": session.cookies[settings.CSRF_COOKIE_NAME],
    }
    answer = session.post(f"{stack.url}/account/login/", data=form, timeout=60)
    assert answer.url.endswith("/overview/"), answer.url
    return session
