"""The world of the conformity tests: made once per module, each test undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.factories.world import World, make_world, rolled_back


@pytest.fixture(scope="module")
def shared_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr("django.conf.settings.PDF_ENABLED", True)
        patch.setattr("django.conf.settings.API_RATE", "1000000/60")
        patch.setattr("apps.accounts.tokens.TOUCH_AFTER", timedelta(days=1))
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    with rolled_back():
        yield shared_world
