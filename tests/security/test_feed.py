"""The changes feed while writers commit late and out of order: a reader by cursor misses nothing and reads nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import requests

from apps.core.embedded.paths import REPOSITORY
from tests.support.stack import Stack

PAGE = 7


def read(stack: Stack, token: str, cursor: str) -> tuple[list[dict[str, Any]], str]:
    answer = requests.get(
        f"{stack.url}/api/v1/changes/",
        params={"after": cursor, "limit": PAGE},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return found["results"], found["cursor"]


def test_late_commits_are_neither_missed_nor_read_twice(stack: Stack, api_token: str) -> None:
    writers = subprocess.Popen(
        [sys.executable, "-m", "tests.support.late_writers"],
        env=stack.env,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    seen: list[dict[str, Any]] = []
    cursor, pages_while_writing = "", 0
    while writers.poll() is None:
        found, cursor = read(stack, api_token, cursor)
        seen += found
        pages_while_writing += bool(found)
        time.sleep(0.1)
    assert writers.returncode == 0
    assert writers.stdout is not None
    committed = json.loads(writers.stdout.read().splitlines()[-1])
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and not set(committed) <= {one["id"] for one in seen}:
        found, cursor = read(stack, api_token, cursor)
        seen += found
        time.sleep(0 if found else 0.2)
    counts = Counter(one["id"] for one in seen)
    changes = [one["id"] for one in seen if one["values"].get("title", "").startswith("Turn")]
    assert len(committed) > 50 and pages_while_writing > 10, "the reader must have read while the writers wrote"
    assert sorted(changes) == sorted(committed), "missed, or read although it was rolled back"
    assert max(counts.values()) == 1
    per_record: dict[str, list[int]] = {}
    for one in seen:
        per_record.setdefault(one["subject"], []).append(one["id"])
    assert all(ids == sorted(ids) for ids in per_record.values()), "a record's changes came out of order"
