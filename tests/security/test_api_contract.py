"""The API refuses what it does not understand, guards versions and does one thing once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.factories.world import World

pytestmark = pytest.mark.usefixtures("world")


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": "a", "code": "b"}',
        b'{"code": NaN}',
        b'{"code": 1e400}',
        b"[" * 10_000,
        '{"code": "x"}'.encode("utf-16"),
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"null",
        b'{"code": "\\ud800"}',
        b'{"code": ["\\u0000"]}',
    ],
    ids=["twin keys", "NaN", "1e400", "deep", "UTF-16", "cut", "no text", "list", "text", "null", "half", "zero"],
)
def test_json_that_can_be_misread_is_refused(world: World, body: bytes) -> None:
    answer = world.clients["clerk"].post("/api/v1/sites/", data=body, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=1&limit=2",
        "limit=x",
        "sort=password",
        "sort=department__name",
        "fields=password",
        "_connector=OR",
        "code__startswith=a",
        "a__b__c=1",
        "cursor=zzz",
        "q=%00",
        "archived=1&archived=0",
    ],
)
def test_only_what_is_declared_is_a_parameter(world: World, query: str) -> None:
    answer = world.clients["clerk"].get(f"/api/v1/kpis/?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"]


@pytest.mark.parametrize(
    "field",
    [
        "id",
        "version",
        "created_at",
        "archived_at",
        "owner_id",
        "is_superuser",
        "is_staff",
        "password",
        "department_id",
        "status",
        "role",
    ],
)
def test_nobody_assigns_what_no_form_offers(world: World, field: str) -> None:
    for path, resource in (("kpis", "kpi"), ("people", "user")):
        record = world.records[resource]["own"]
        answer = world.api(
            "clerk", "patch", f"/api/v1/{path}/{record.pk}/", {field: 1}, **{"If-Match": f'"v{record.version}"'}
        )
        assert answer.status_code == 422
        assert answer.json()["code"] == "unknown_field"


def test_versions_guard_against_lost_changes(world: World) -> None:
    record = world.records["kpi"]["own"]
    url = f"/api/v1/kpis/{record.pk}/"
    read = world.api("clerk", "get", url)
    assert world.api("clerk", "patch", url, {"name": "One"}).status_code == 428
    changed = world.api("clerk", "patch", url, {"name": "Two"}, **{"If-Match": read["ETag"]})
    assert (changed.status_code, changed.json()["name"]) == (200, "Two")
    assert world.api("clerk", "patch", url, {"name": "Three"}, **{"If-Match": read["ETag"]}).status_code == 412
    assert world.api("clerk", "get", url, **{"If-None-Match": changed["ETag"]}).status_code == 304


def test_one_key_is_one_record(world: World) -> None:
    body = {"code": "ONCE", "name": "Once", "time_zone": "UTC", "currency": "EUR"}
    answers = [world.api("clerk", "post", "/api/v1/sites/", body, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert "Idempotency-Replayed" not in answers[0].headers
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    other = world.api("clerk", "post", "/api/v1/sites/", {**body, "name": "Other"}, **{"Idempotency-Key": "k1"})
    assert other.status_code == 422


def test_a_session_needs_the_forgery_token_and_json(world: World) -> None:
    answer = world.clients["clerk"].post("/api/v1/sites/", data=json.dumps({"code": "x"}), content_type="text/plain")
    assert answer.status_code == 415
    assert answer.json()["title"] == "Not understood"
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_an_address_that_is_not_there_is_a_problem_document(method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)("/api/v1/calendars/-1/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_generated_clients_find_no_value_twice(world: World) -> None:
    """Client generators make an identifier of each value of an enumeration and stop at the second one of a name."""

    def enumerations(part: Any) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict):
            if isinstance(part.get("enum"), list):
                yield part
            part = list(part.values())
        if isinstance(part, list):
            for one in part:
                yield from enumerations(one)

    found = list(enumerations(world.clients["clerk"].get("/api/v1/openapi.json").json()))
    assert len(found) > 100
    for one in found:
        names = one.get(
            "x-enum-varnames", [re.sub(r"\W+", "_", str(value)).strip("_").upper() for value in one["enum"]]
        )
        assert len(set(names)) == len(one["enum"]) == len(names), one
