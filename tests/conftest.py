"""Starts real servers for the run and gives every test the application's own, fenced-in database role."""

from __future__ import annotations

import os
from collections.abc import Iterator

import django
import pytest
from django.db import connections
from django.test import TransactionTestCase
from psycopg2.extensions import cursor as Cursor

from tests.support import servers
from tests.support.databases import RunDatabase, app_url, ensure_template, owner_url

servers.set_environment()
django.setup()
IS_XDIST_WORKER = "PYTEST_XDIST_WORKER" in os.environ
_servers = servers.Servers()


def pytest_configure(config: pytest.Config) -> None:
    for line in (
        "e2e: drives a real browser against a running stack",
        "chaos: kills processes of a running stack",
        "slow: takes more than about five seconds",
    ):
        config.addinivalue_line("markers", line)
    if not IS_XDIST_WORKER and not config.option.collectonly:
        _servers.start()


def pytest_unconfigure() -> None:
    if not IS_XDIST_WORKER:
        _servers.stop()


@pytest.fixture(scope="session")
def template_database() -> str:
    """The name of the freshly migrated template; copies of it are cheap."""
    return ensure_template()


@pytest.fixture(scope="session")
def run_database(template_database: str) -> Iterator[RunDatabase]:
    copy = RunDatabase(template=template_database, suffix=os.environ.get("PYTEST_XDIST_WORKER", "main"))
    copy.create()
    yield copy
    connections.close_all()
    copy.drop()


@pytest.fixture(scope="session")
def django_db_setup(run_database: RunDatabase) -> Iterator[None]:
    """Point Django at the copy; after a test that commits, copy the template anew instead of truncating as owner."""

    def put_back(_: TransactionTestCase) -> None:
        connections.close_all()
        run_database.create()

    connections["default"].close()
    connections["default"].settings_dict["NAME"] = run_database.name
    os.environ["DATABASE_OWNER_URL"] = owner_url(run_database.name)
    os.environ["DATABASE_URL"] = app_url(run_database.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", put_back)
        yield


@pytest.fixture
def owner_cursor(run_database: RunDatabase) -> Iterator[Cursor]:
    """A cursor of the owner's role on the test database, outside the test's transaction: it sees committed rows only."""
    connection = run_database.owner()
    with connection.cursor() as cursor:
        yield cursor
    connection.close()
