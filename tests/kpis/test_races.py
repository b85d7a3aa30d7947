"""Writers who bring the same new readings at the same moment: the loser compares and corrects, and nothing counts twice."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from apps.core.access import scope
from apps.kpis import services
from apps.kpis.ingest import Measured
from apps.kpis.models import Reading, ReadingBatch, Rollup
from apps.org.models import Department
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
PATIENCE = 20


def place() -> tuple[int, Department]:
    with transaction.atomic(), scope.system("test"):
        places = people.company()
        one = kpi("raced", places.root, rule="sum")
        before = rows(one.pk, places.plant, [-1], 0)
        services.roll_up_batch(services.record_readings(before, source="api", department=places.plant, actor=None).pk)
        return one.pk, places.plant


def rows(key: int, department: Department, hours: Iterable[int], value: int) -> list[Measured]:
    return [(key, department.pk, START + timedelta(hours=hour), Decimal(value), None) for hour in hours]


def record(measured: list[Measured], department: Department, *, told: Event | None = None, hold: int = 0) -> int:
    """A writer on a connection of its own; `hold` waits for somebody to stand behind it before it commits."""
    try:
        with transaction.atomic(), scope.system("test"):
            batch = services.record_readings(measured, source="api", department=department, actor=None)
            if told is not None:
                told.set()
            until = time.monotonic() + PATIENCE
            while waiting() < hold:
                assert time.monotonic() < until, "nobody waits for this writer: the race did not take place"
                time.sleep(0.02)
        return int(batch.pk)
    finally:
        connection.close()


def waiting() -> int:
    """How many stand behind this writer; locks are read live, activity only once per transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return int(cursor.fetchone()[0])


def numbers(key: int) -> tuple[int, int, int]:
    batch = ReadingBatch.objects.get(pk=key)
    return batch.added, batch.corrected, batch.unchanged


def daily_total() -> tuple[int, Decimal]:
    found = Rollup.objects.filter(grain="day")
    return sum(one.count for one in found), sum((one.total for one in found), Decimal(0))


def test_the_second_writer_corrects_what_the_first_stored() -> None:
    key, plant = place()
    told = Event()
    with ThreadPoolExecutor(2) as pair:
        first = pair.submit(record, rows(key, plant, range(10), 5), plant, told=told, hold=1)
        assert told.wait(PATIENCE)
        own = rows(key, plant, range(4, 6), 5) + rows(key, plant, range(6, 10), 7) + rows(key, plant, range(10, 12), 1)
        second = pair.submit(record, own, plant)
        winner, loser = first.result(), second.result()
    with transaction.atomic(), scope.system("test"):
        assert numbers(winner) == (10, 0, 0)
        assert numbers(loser) == (2, 4, 2), "two new, four with another value, two the same"
        assert Reading.objects.count() == 1 + 12
        for batch in (loser, winner, loser):
            services.roll_up_batch(batch)
        assert daily_total() == (13, Decimal(6 * 5 + 4 * 7 + 2 * 1))


def test_many_writers_of_the_same_new_readings_store_them_once() -> None:
    key, plant = place()
    crowd, hours = 5, 200
    start = Barrier(crowd)

    def write(_number: int) -> int:
        start.wait(PATIENCE)
        return record(rows(key, plant, range(hours), 3), plant)

    with ThreadPoolExecutor(crowd) as pool:
        batches = list(pool.map(write, range(crowd)))
    with transaction.atomic(), scope.system("test"):
        assert sorted(numbers(one) for one in batches) == [(0, 0, hours)] * (crowd - 1) + [(hours, 0, 0)]
        assert Reading.objects.count() == 1 + hours
        for batch in batches:
            services.roll_up_batch(batch)
        assert daily_total() == (1 + hours, Decimal(3 * hours))
