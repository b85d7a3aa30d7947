"""The watch that says whether an act wrote anything sees what it must, and what was taken back is nothing."""

from __future__ import annotations

import pytest
from django.db import transaction

from apps.core.access import scope
from apps.org.models import Team
from tests.factories.nouns import MAKERS
from tests.factories.world import World, changed, checksum, rolled_back

pytestmark = pytest.mark.usefixtures("world")


def test_writing_is_seen_and_what_is_taken_back_is_not(world: World) -> None:
    before = checksum()
    assert changed(before) == []
    with scope.system("a test"):
        made = MAKERS["team"].make(world.company, world.company.plant, world.clerk)
    assert "org_team" in changed(before)
    before = checksum()
    with scope.system("a test"):
        Team.objects.filter(pk=made.pk).update(name="Other")
    assert changed(before) == ["org_team"]
    with scope.system("a test"):
        Team.objects.filter(pk=made.pk).update(name=made.name)
    assert changed(before) == []


def test_a_row_that_was_taken_back_does_not_stay_in_memory(world: World) -> None:
    before = checksum()
    with rolled_back():
        with scope.system("a test"):
            MAKERS["reading_batch"].make(world.company, world.company.plant, world.clerk)
        assert {"kpis_reading", "core_event"} <= set(changed(before))
    assert changed(before) == []
    with transaction.atomic(), scope.system("a test"):
        MAKERS["reading_batch"].make(world.company, world.company.plant, world.clerk)
    assert "kpis_reading" in changed(before)
