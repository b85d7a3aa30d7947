"""P7: from a fact to its effect through log, relay and worker, against a bare Celery task with one insert."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apps.core.embedded.paths import REPOSITORY
from benchmarks.measure import Report
from benchmarks.place import installation

COUNT = {"XS": 20, "S": 500, "M": 3_000}
ROUNDS = {"XS": 1, "S": 5, "M": 5}
SINGLES = {"XS": 3, "S": 20, "M": 40}
LOADED = {"XS": 1, "S": 20, "M": 60}
TABLE = "CREATE TABLE bare_effect (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigint, at timestamptz DEFAULT clock_timestamp())"


@contextmanager
def processes() -> Iterator[None]:
    """A worker with two children, and the relay."""
    celery = [sys.executable, "-W", "ignore", "-m", "celery", "-q", "-A", "benchmarks.worker", "worker"]
    celery += [
        "-Q",
        "default,slow",
        "--concurrency",
        "2",
        "--without-gossip",
        "--without-mingle",
        "--loglevel",
        "ERROR",
    ]
    relay = [sys.executable, "manage.py", "relay"]
    started = [
        subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | {"OPS_ROLE": role}, stderr=subprocess.DEVNULL)
        for command, role in ((celery, "worker"), (relay, "relay"))
    ]
    try:
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(60)


def effects(wanted: int, *, seconds: float = 120) -> None:
    from django.db import connection

    deadline = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM bare_effect")
            if cursor.fetchone()[0] >= wanted:
                return
            assert time.monotonic() < deadline, f"only some of {wanted} effects"
            time.sleep(0.01)


def emit_all(count: int, made: Any) -> None:
    """Facts in transactions of twenty, as a busy service writes them."""
    from django.db import transaction

    from apps.core.access import scope
    from apps.core.events.log import emit

    for start in range(0, count, 20):
        with transaction.atomic(), scope.system("benchmark"):
            for number in range(start, min(start + 20, count)):
                emit(made.Measured(subject=f"thing:{number}", number=number), actor=None)


def send_all(count: int, made: Any) -> None:
    for number in range(count):
        made.bare.apply_async(args=[number], ignore_result=True)


def latency(made: Any) -> float:
    """Seconds from commit to the effect's own time, when nothing else is going on."""
    from django.db import connection, transaction

    from apps.core.access import scope
    from apps.core.events.log import emit

    with transaction.atomic(), scope.system("benchmark"):
        event = emit(made.Measured(subject="thing:0"), actor=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bare_effect")
        before = cursor.fetchone()[0]
        effects(max(before, 1))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT extract(epoch FROM (SELECT done_at FROM core_delivery WHERE event_id = %s AND handler = 'bench.effect') - %s)",
                [event.pk, event.at],
            )
            found = cursor.fetchone()[0]
            if found is not None:
                return float(found)
            time.sleep(0.01)
    raise AssertionError("no effect in 30 s")


def under_load(made: Any, rate: float, seconds: float) -> list[float]:
    """Seconds from commit to effect of facts that come one by one, at half of what the platform can do."""
    from django.db import connection, transaction

    from apps.core.access import scope
    from apps.core.events.log import emit
    from apps.core.models import Event

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bare_effect")
        before = cursor.fetchone()[0]
    with transaction.atomic(), scope.system("benchmark"):
        newest = Event.objects.order_by("-id").values_list("pk", flat=True)[0]
    start, count = time.perf_counter(), 0
    while (gone := time.perf_counter() - start) < seconds:
        if count < gone * rate:
            with transaction.atomic(), scope.system("benchmark"):
                emit(made.Measured(subject=f"load:{count}"), actor=None)
            count += 1
        else:
            time.sleep(0.002)
    effects(before + count)
    with transaction.atomic(), scope.system("benchmark"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM d.done_at - e.at) FROM core_delivery d JOIN core_event e ON e.id = d.event_id"
            " WHERE d.handler = 'bench.effect' AND e.id > %s AND d.done_at IS NOT NULL",
            [newest],
        )
        return sorted(float(one) for (one,) in cursor.fetchall())


def run(size: str) -> Report:
    report = Report("events", size)
    with installation():
        from django.db import connection

        from apps.core.embedded import database
        from apps.core.embedded.offline import owner_url
        from benchmarks import worker as made

        with database.session(owner_url()) as owner, owner.cursor() as cursor:
            cursor.execute(TABLE)
        count, rates = COUNT[size], {"bare": [], "ours": []}  # type: ignore[var-annotated]
        with processes():
            total = 1
            emit_all(1, made)
            effects(total)
            for _ in range(ROUNDS[size]):
                for name, work in (("bare", send_all), ("ours", emit_all)):
                    start = time.perf_counter()
                    work(count, made)
                    total += count
                    effects(total)
                    rates[name].append(count / (time.perf_counter() - start))
            singles = []
            for _ in range(SINGLES[size]):
                time.sleep(0.2)
                singles.append(latency(made))
            rate = statistics.median(rates["ours"]) / 2
            loaded = under_load(made, rate, LOADED[size])
        connection.close()
    report.add(
        "P7",
        f"{count:,} events to effects per second",
        statistics.median(rates["bare"]),
        statistics.median(rates["ours"]),
        0.6,
        "1/s",
        at_least=True,
    )
    singles.sort()
    report.add("P7", "one event when idle, p95 against 0.5 s", 0.5, singles[int(len(singles) * 0.95)], 1.0)
    words = f"events at half of that rate ({rate:.0f}/s), p95 against 5 s"
    report.add("P7", words, 5.0, loaded[int(len(loaded) * 0.95)], 1.0)
    return report
