"""Starts real servers for the run and gives every test the application's own, fenced-in database role."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import django
import pytest
from django.db import connections
from django.test import TransactionTestCase
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from psycopg2.extensions import cursor as Cursor

from tests.support import servers
from tests.support.browser import axe_violations, launch_options, use_packaged_node
from tests.support.databases import RunDatabase, app_url, ensure_template, owner_url
from tests.support.stack import Stack

servers.set_environment()
django.setup()
IS_XDIST_WORKER = "PYTEST_XDIST_WORKER" in os.environ
_servers = servers.Servers()


def pytest_configure(config: pytest.Config) -> None:
    for line in (
        "e2e: drives a real browser against a running stack",
        "chaos: kills processes of a running stack",
        "slow: takes more than about five seconds",
        "alone: must not share the servers with another process of the run",
    ):
        config.addinivalue_line("markers", line)
    if not IS_XDIST_WORKER and not config.option.collectonly:
        _servers.start()


LONG = (
    "security/test_walker",
    "conformity/test_resources",
    "chaos/",
    "core/test_benchmarks",
    "security/test_import_jobs",
)
LITTERING = ("security/test_stored_script", "security/test_fuzz")  # they leave strange words on the shared stack


ALONE = ("core/test_events_seal", "security/test_feed")  # what commits late anywhere in the cluster holds them up


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files begin first, so that no core waits at the end; what litters the running stack comes last."""

    def rank(item: pytest.Item) -> int:
        place = item.nodeid.removeprefix("tests/")
        return 0 if place.startswith(LONG) else 2 if place.startswith(LITTERING) else 1

    items.sort(key=rank)
    for item in items:
        if item.nodeid.removeprefix("tests/").startswith(ALONE):
            item.add_marker("alone")


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
    """The owner's role on the test database, outside the test's transaction: it sees committed rows only."""
    connection = run_database.owner()
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


@pytest.fixture(scope="session")
def stack(template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole platform, running, on an empty database of its own; `stack.manage("seed_demo")` fills it."""
    copy = RunDatabase(template=template_database, suffix=f"stack_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    copy.create()
    running = Stack(home=tmp_path_factory.mktemp("stack"), database=copy)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        copy.drop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the run."""
    use_packaged_node()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**launch_options())
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, stack: Stack) -> Iterator[BrowserContext]:
    """A visitor without cookies, on a desk-sized screen."""
    visitor = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 800}, locale="en-GB")
    visitor.set_default_timeout(10_000)
    yield visitor
    visitor.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab that remembers the page's script errors in `page.errors`."""
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.errors = errors  # type: ignore[attr-defined]
    return tab


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """The accessibility checker: `assert axe(page) == []`."""
    return axe_violations
