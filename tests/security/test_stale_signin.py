"""A form sent with an old sign-in comes back filled in after the question."""

from __future__ import annotations

import time
from typing import Any

import pytest

from apps.core.access import scope
from apps.core.resources.resource import resources
from tests.factories.nouns import MAKERS
from tests.factories.world import World

pytestmark = pytest.mark.usefixtures("world")


def signed_in_at(client: Any, moment: float) -> None:
    session = client.session
    session["signed_in_at"] = int(moment)
    session.pop("account_authentication_methods", None)
    session.save()


CASES = [one.name for one in resources if (create := one.action_of_kind("create")) is not None and create.fresh]


def test_there_are_such_forms() -> None:
    assert CASES


@pytest.mark.parametrize("name", CASES)
def test_what_was_typed_is_there_after_the_question(world: World, name: str) -> None:
    resource, client = resources[name], world.clients["clerk"]
    action = resource.action_of_kind("create")
    assert action is not None
    with scope.system("input of a test"):
        typed = MAKERS[name].data(world.company, world.company.plant, world.clerk)
    page = f"{resource.list_url()}new/"
    signed_in_at(client, time.time() - 3600)
    asked = client.post(page, {**typed, "password": "not to be kept"})
    assert asked.status_code == 302
    assert "reauthenticate" in asked["Location"]
    assert "not to be kept" not in str(dict(client.session))
    signed_in_at(client, time.time())
    back = client.get(page)
    assert back.status_code == 200, back.headers
    form = back.context["page"].form
    assert {one: str(form.get_initial_for_field(form.fields[one], one)) for one in typed} == {
        one: str(value) for one, value in typed.items()
    }
    again = client.get(page).context["page"].form
    assert not set(again.initial) & set(typed), "given back once"
