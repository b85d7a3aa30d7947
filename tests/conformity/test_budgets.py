"""Thirty rows cost as many queries as one, and how many is written down in query_counts.json (OPS_PIN_QUERIES=1 writes it)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, reset_queries
from django.test.utils import CaptureQueriesContext

from apps.core.access import scope
from apps.core.resources.resource import resources
from tests.factories.nouns import MAKERS
from tests.factories.world import World

pytestmark = pytest.mark.usefixtures("world")
NOUNS = {one.name: one for one in resources}
PINNED = Path(__file__).parent.parent / "query_counts.json"
# What a request does for itself: savepoints, the scope told to the database, the session.
SKIPPED = ("SAVEPOINT", "RELEASE", "ROLLBACK")


def queries(world: World, url: str) -> int:
    reset_queries()  # the log keeps 9 000 and forgets the rest, which would count as none
    with CaptureQueriesContext(connection) as caught:
        assert world.clients["clerk"].get(url).status_code == 200, url
    return sum(
        not one["sql"].startswith(SKIPPED) and "session" not in one["sql"].split("WHERE")[0]
        for one in caught.captured_queries
    )


def measure(world: World, name: str) -> dict[str, int]:
    resource = NOUNS[name]
    record = world.records[name]["own"]
    return {
        "list": queries(world, f"{resource.list_url()}?size=100"),
        "record": queries(world, resource.url(record)),
        "api": queries(world, f"/api/v1/{resource.path}/?limit=100"),
    }


@pytest.mark.parametrize("name", list(NOUNS))
def test_rows_cost_no_queries(world: World, name: str) -> None:
    measure(world, name)  # caches that live as long as the process
    before = measure(world, name)
    with scope.system("more rows"):
        for _ in range(30):
            MAKERS[name].make(world.company, world.company.plant, world.clerk)
    assert measure(world, name) == before
    pins: dict[str, Any] = json.loads(PINNED.read_text()) if PINNED.exists() else {}
    if os.environ.get("OPS_PIN_QUERIES"):
        PINNED.write_text(json.dumps(dict(sorted({**pins, name: before}.items())), indent=2) + "\n")
    else:
        assert pins.get(name) == before, "the number of queries changed: look why, then run with OPS_PIN_QUERIES=1"
