"""Every noun, whoever asks: the matrix decides at both doors, both doors agree, and nothing a denial touched changed."""

from __future__ import annotations

from typing import Any

import pytest

from apps.core.access import matrix, scope
from apps.core.models import Event
from apps.core.resources.resource import Resource, resources
from tests.factories.nouns import MAKERS
from tests.factories.world import World, changed, checksum, rolled_back

ROLES = list(matrix.ROLES)
ROOT_ROLES = {"ADM", "EXE", "OPM", "AUD"}
POSITIONS = ("own", "child", "other", "above", "mine")
WITHOUT_DEPARTMENT = {"site", "calendar", "holiday", "budget_category", "budget_synonym", "exchange_rate"} | {
    "supplier",
    "price_list",
}
NOUNS = {resource.name: resource for resource in resources}
pytestmark = pytest.mark.usefixtures("world")


def test_every_noun_has_a_maker() -> None:
    assert set(MAKERS) == set(NOUNS)


def cell(resource: Resource, role: str) -> matrix.Cell:
    """The matrix's cell; a token holds what its owner (here a department manager) and the token column share."""
    if role != "TOK":
        return matrix.cell(resource.row, role)
    owner, token = matrix.cell(resource.row, "DPM"), matrix.cell(resource.row, "TOK")
    return matrix.Cell(owner.reach, "".join(verb for verb in owner.verbs if verb in token.verbs))


def inside(role: str, position: str, reach: str) -> bool:
    """Whether the position lies within the reach of a role held at the root or at the plant."""
    if reach == "G":
        return True
    if reach == "T":
        return role in ROOT_ROLES or position in {"own", "child", "mine"}
    if reach == "D":
        return position in {"own", "mine"}
    return reach == "S" and position == "mine"


def sees(resource: Resource, role: str, position: str) -> bool:
    """What the matrix says about reading, with the two additions the design names: inherited and own rows."""
    found = cell(resource, role)
    if "r" not in found.verbs:
        return False
    if resource.name in WITHOUT_DEPARTMENT:
        return found.reach != "S"
    if resource.name == "delegation":
        return found.reach == "G" or position == "mine"
    if position == "mine" and resource.name in {"user", "role_grant"}:
        return True
    if position == "above" and (getattr(resource.model, "INHERIT", False) or resource.name == "department"):
        return True
    return inside(role, position, found.reach)


def writes(resource: Resource, role: str, verb: str, position: str) -> bool:
    found = cell(resource, role)
    if verb not in found.verbs:
        return False
    if verb == "r":
        return sees(resource, role, position)
    if resource.name in WITHOUT_DEPARTMENT | {"user"}:
        return found.reach == "G"
    return inside(role, position, found.reach)


# Alerts and the like are made by the platform alone.
MADE_BY_PEOPLE = [name for name, resource in NOUNS.items() if resource.action_of_kind("create") is not None]


# The input names a record of another noun, which one must be able to read.
NAMES = {"tier_mark": "tier_board", "tier_issue": "tier_board", "escalation": "escalation_policy"}


def every_case() -> list[Any]:
    return [pytest.param(name, role, id=f"{name}-{role}") for name in NOUNS for role in ROLES]


def place(world: World, position: str) -> Any:
    places = world.company
    return {
        "own": places.plant,
        "child": places.line,
        "other": places.other,
        "above": places.root,
        "mine": places.plant,
    }[position]


@pytest.mark.parametrize(("name", "role"), every_case())
def test_reading_follows_the_matrix_at_both_doors(world: World, name: str, role: str) -> None:
    resource = NOUNS[name]
    may = "r" in cell(resource, role).verbs
    expected = {p for p in POSITIONS if world.record(resource, p, role) is not None and sees(resource, role, p)}
    listed = world.api(role, "get", f"/api/v1/{resource.path}/?limit=200")
    assert listed.status_code == (200 if may else 403)
    keys = {one["id"] for one in listed.json()["results"]} if may else set()
    planted = {p: world.record(resource, p, role) for p in POSITIONS if world.record(resource, p, role) is not None}
    assert {p for p, record in planted.items() if record.pk in keys} == expected
    for position, record in planted.items():
        status = 200 if position in expected else 404 if may else 403
        answer = world.api(role, "get", f"/api/v1/{resource.path}/{record.pk}/")
        assert answer.status_code == status, f"API, {position}"
        if role != "TOK":
            assert world.clients[role].get(resource.url(record)).status_code == status, f"page, {position}"
    if role != "TOK":
        page = world.clients[role].get(f"{resource.list_url()}?size=200")
        assert page.status_code == (200 if may else 403)
        if may:
            assert {int(row.key) for row in page.context["page"].rows} == keys


@pytest.mark.parametrize(("name", "role"), [one for one in every_case() if one.values[0] in MADE_BY_PEOPLE])
def test_creating_follows_the_matrix_at_both_doors(world: World, name: str, role: str) -> None:
    resource, maker = NOUNS[name], MAKERS[name]
    action = resource.action_of_kind("create")
    assert action is not None
    may = action.verb in cell(resource, role).verbs
    for position in ("own", "child", "other", "above"):
        for door in ("api", "page") if role != "TOK" else ("api",):
            with rolled_back():
                data = made_data(world, maker, position, role)
                before = checksum()
                if door == "api":
                    answer = world.api(role, "post", f"/api/v1/{resource.path}/", data)
                    done = answer.status_code == 201
                else:
                    answer = world.clients[role].post(f"{resource.list_url()}new/", data)
                    done = answer.status_code == 302
                free = name in {
                    "report",
                    "delegation",
                    "webhook",
                    "inbound_hook",
                }  # no department in the input: it is the actor's own
                mine = position == "own" and cell(resource, role).reach == "S"  # what one makes is one's own
                expected = may and (free or mine or writes(resource, role, action.verb, position))
                if name in NAMES:
                    expected = expected and sees(NOUNS[NAMES[name]], role, position)
                told = f"{door}, {position}: {answer.status_code} {answer.content[:300]!r}"
                assert done == expected, told
                if not done:
                    assert answer.status_code in ({403} if not may else {403, 422}), told
                    assert changed(before) == [], told
    if role != "TOK":
        assert world.clients[role].get(f"{resource.list_url()}new/").status_code == (200 if may else 403)


def made_data(world: World, maker: Any, position: str, role: str) -> dict[str, Any]:
    with scope.system("input of a test"):
        return maker.data(world.company, place(world, position), world.person(role))


@pytest.mark.parametrize(("name", "role"), every_case())
def test_verbs_follow_the_matrix_at_both_doors(world: World, name: str, role: str) -> None:
    resource, maker = NOUNS[name], MAKERS[name]
    for action in resource.actions:
        if action.kind == "create":
            continue
        may = action.verb in cell(resource, role).verbs
        for position in POSITIONS:
            record = world.record(resource, position, role)
            if record is None or not action.when(record):
                continue
            seen, allowed = sees(resource, role, position), writes(resource, role, action.verb, position)
            with rolled_back():
                before = checksum()
                if action.kind == "change":
                    answer = world.api(
                        role,
                        "patch",
                        f"/api/v1/{resource.path}/{record.pk}/",
                        maker.change,
                        **{"If-Match": f'"v{record.version}"'},
                    )
                else:
                    url = f"/api/v1/{resource.path}/{record.pk}/{action.name}/"
                    answer = world.api(role, "post", url, maker.verb_data.get(action.name, {}))
                told = f"{action.name} on {position}: {answer.status_code} {answer.content[:300]!r}"
                if allowed:
                    assert answer.status_code in {200, 422}, told
                else:
                    assert answer.status_code == (403 if not may or seen else 404), told
                    assert changed(before) == [], told
            if role == "TOK":
                continue
            url = f"{resource.url(record)}{action.name}/"
            reads = "r" in cell(resource, role).verbs
            status = {200} if allowed else {403} if seen else {404} if reads else {403, 404}
            assert world.clients[role].get(url).status_code in status, f"form of {action.name} on {position}"
            if not allowed:
                before = checksum()
                assert world.clients[role].post(url, {}).status_code in status
                assert changed(before) == []


@pytest.mark.parametrize("name", MADE_BY_PEOPLE)
def test_a_write_tells_one_fact_with_its_author(world: World, name: str) -> None:
    resource, maker = NOUNS[name], MAKERS[name]
    data = made_data(world, maker, "own", "OPM")
    if name == "delegation":
        data["principal"] = world.clerk.pk
    last = newest()
    answer = world.api("clerk", "post", f"/api/v1/{resource.path}/", data)
    assert answer.status_code == 201, answer.content
    own = [one for one in facts_since(last) if one.actor_id == world.clerk.pk]
    assert len(own) == 1 + maker.follow_ups, [one.name for one in own]
    assert own[0].request_id
    page = world.clients["clerk"].get(f"{resource.list_url()}{answer.json()['id']}/")
    assert page.status_code == 200
    assert len(page.context["page"].timeline) >= 1, "the record's page does not show what happened"


def newest() -> int:
    with_all = facts_since(0)
    return with_all[-1].pk if with_all else 0


def facts_since(last: int) -> list[Event]:
    with scope.system("reading the log"):
        return list(Event.objects.filter(pk__gt=last).order_by("pk"))


@pytest.mark.parametrize(
    "resource", [one for one in resources if hasattr(one.model, "state")], ids=lambda one: one.name
)
def test_programs_read_the_state_that_people_see(resource: Resource) -> None:
    assert "state" in resource.fields
