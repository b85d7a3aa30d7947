"""The world of the conformity tests: made once per module, each test undone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.core.embedded.paths import REPOSITORY
from tests.factories.world import World, make_world, rolled_back
from tests.support.stack import Stack


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


# A company, an operations manager and a token with everything a token can have.
PREPARE = """
from django.db import transaction
from apps.core.access import scope
from apps.accounts import services
from tests.factories import people
from tests.factories.kpis import kpi
with transaction.atomic(), scope.system("fuzz"):
    places = people.company("FZ-")
    opm = people.user("fuzz_opm", role="OPM", department=places.root)
    kpi("fuzz", places.root)
    print("TOKEN", services.make_token(name="fuzz", scopes=services.possible_scopes(opm), actor=opm)[1])
"""


@pytest.fixture(scope="session")
def api_token(stack: Stack) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", PREPARE],
        cwd=REPOSITORY,
        env=stack.env,
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("TOKEN ")]
    assert lines, done.stdout + done.stderr
    return lines[0].removeprefix("TOKEN ")
