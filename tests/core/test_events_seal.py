"""The audit chain and everything that reads the log by cursor: no late row is missed, no change stays hidden."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import psycopg2
import pytest
from django.db import connection, transaction

from apps.core.access import scope
from apps.core.api.feed import FEED
from apps.core.events import seal
from apps.core.events.facts import Fact
from apps.core.events.log import emit
from apps.core.models import Event, Seal
from tests.support.databases import RunDatabase, superuser_url

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True, kw_only=True)
class Noted(Fact, name="test.noted"):
    """Something to be sealed."""


def note(count: int) -> None:
    for number in range(count):
        with transaction.atomic(), scope.system("test"):
            emit(Noted(subject=f"note:{number}", departments=(number,)), actor=None)


def as_superuser(run_database: RunDatabase, statement: str) -> None:
    session = psycopg2.connect(superuser_url(run_database.name))
    with session, session.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
    session.close()


def test_seals_chain_over_all_events() -> None:
    note(3)
    assert seal.seal_new_events() == 3
    assert seal.seal_new_events() == 0
    note(2)
    assert seal.seal_new_events() == 2
    assert list(Seal.objects.order_by("number").values_list("number", "count")) == [(1, 3), (2, 2)]
    assert seal.verify() == []
    assert seal.verify(seal.head()) == []


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE core_event SET actor_id = 99 WHERE subject = 'note:1'",
        "UPDATE core_event SET payload = '{\"x\": 1}' WHERE subject = 'note:4'",
        "UPDATE core_event SET at = at + interval '1 microsecond' WHERE subject = 'note:0'",
        "UPDATE core_event SET departments = '{}' WHERE subject = 'note:2'",
        "DELETE FROM core_event WHERE subject = 'note:3'",
        "INSERT INTO core_event (name, subject, departments, payload, changes, request_id, xact, at)"
        " SELECT name, 'note:forged', departments, payload, changes, request_id, xact, at FROM core_event LIMIT 1",
        "UPDATE core_seal SET hash = repeat('a', 64) WHERE number = 1",
        "DELETE FROM core_seal WHERE number = 1",
    ],
)
def test_even_a_superusers_change_is_found(run_database: RunDatabase, tampering: str) -> None:
    note(5)
    seal.seal_new_events(limit=3)
    seal.seal_new_events()
    assert seal.verify() == []
    as_superuser(run_database, tampering)
    assert seal.verify() != []


def test_a_cut_tail_is_found_by_the_published_head(run_database: RunDatabase) -> None:
    note(3)
    seal.seal_new_events()
    note(2)
    seal.seal_new_events()
    published = seal.head()
    as_superuser(run_database, "DELETE FROM core_seal WHERE number = 2")
    as_superuser(
        run_database, "DELETE FROM core_event WHERE id IN (SELECT id FROM core_event ORDER BY id DESC LIMIT 2)"
    )
    assert seal.verify() == [], "the shorter chain is sound in itself"
    assert any("published head" in problem for problem in seal.verify(published))


def test_a_row_that_commits_late_is_neither_skipped_by_the_feed_nor_by_the_sealer() -> None:
    written, commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic(), scope.system("test"):
            emit(Noted(subject="note:late"), actor=None)
            written.set()
            assert commit.wait(20)
        connection.close()

    def feed(after: tuple[str, int]) -> tuple[list[str], tuple[str, int]]:
        with transaction.atomic(), scope.system("test"), connection.cursor() as cursor:
            cursor.execute(FEED, [*after, 100])
            rows = cursor.fetchall()
        return [row[2] for row in rows], (rows[-1][8], rows[-1][0]) if rows else after

    thread = threading.Thread(target=slow_writer)
    thread.start()
    assert written.wait(10)
    note(3)
    early, cursor_ = feed(("0", 0))
    sealed = seal.seal_new_events()
    commit.set()
    thread.join()
    late, _ = feed(cursor_)
    assert early + late == ["note:late", "note:0", "note:1", "note:2"]
    assert sealed + seal.seal_new_events() == 4
    assert seal.verify() == []
    with transaction.atomic(), scope.system("test"):
        assert Event.objects.order_by("id").first().subject == "note:late"  # type: ignore[union-attr]


def test_two_sealers_make_one_chain() -> None:
    note(30)
    counts: list[int] = []

    def work() -> None:
        for _ in range(5):
            counts.append(seal.seal_new_events(limit=4))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while seal.seal_new_events():
        pass
    assert sum(Seal.objects.values_list("count", flat=True)) == 30
    assert seal.verify() == []
