"""Verify finds what it is there to find: each of the kernel's own invariants is broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psycopg2
import pytest
from django.db import connections
from psycopg2.extensions import cursor as Cursor

from apps.core.embedded import database
from apps.core.embedded.offline import as_owner
from apps.core.invariants import Invariant, all_invariants, check_all, register
from tests.support.databases import RunDatabase, owner_url


@pytest.fixture
def owner(run_database: RunDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cursor]:
    """The owner's cursor on the run's database, which the test changes for good and gets back anew."""
    monkeypatch.setenv("DATABASE_OWNER_URL", owner_url(run_database.name))
    connections.close_all()
    with database.session(owner_url(run_database.name)) as connection, connection.cursor() as cursor:
        yield cursor


def broken() -> dict[str, list[object]]:
    with as_owner():
        return {verdict.invariant.id: list(verdict.rows) for verdict in check_all() if not verdict.holds}


pytestmark = pytest.mark.django_db(transaction=True)


def test_a_fresh_database_is_well(owner: Cursor) -> None:
    assert broken() == {}


def test_an_index_that_could_not_be_built_is_found(owner: Cursor) -> None:
    owner.execute("CREATE TABLE twice AS SELECT 1 AS id FROM generate_series(1, 2)")
    with suppress(psycopg2.errors.UniqueViolation):
        owner.execute("CREATE UNIQUE INDEX CONCURRENTLY once ON twice (id)")
    assert broken() == {"I16.index": [("once",)]}


def test_a_constraint_nobody_validated_is_found(owner: Cursor) -> None:
    owner.execute("CREATE TABLE unchecked (id int)")
    owner.execute("ALTER TABLE unchecked ADD CONSTRAINT above_zero CHECK (id > 0) NOT VALID")
    assert broken() == {"I16.constraint": [("unchecked", "above_zero")]}


def test_a_migration_that_did_not_run_is_found(owner: Cursor) -> None:
    owner.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    assert broken() == {"I16.migration": [("sessions.0001_initial",)]}


def test_every_invariant_has_its_own_id_and_a_sentence() -> None:
    items = all_invariants()
    assert len({item.sentence for item in items}) == len(items) >= 5
    assert all(item.sentence[0].isupper() and not item.sentence.endswith(".") for item in items)


def test_an_id_given_twice_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"I16\.index is already registered"):
        register(Invariant(id="I16.index", sentence="Again", find_violations=list))
