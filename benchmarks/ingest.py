"""P1: a million readings through the service and through the HTTP API against a bare COPY of the same rows."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.measure import Report, interleaved
from benchmarks.place import installation, postgres_pid

READINGS = {"XS": 2_000, "S": 100_000, "M": 1_000_000}
ROUNDS = {"XS": 1, "S": 5, "M": 5}
API_ROWS = {"XS": 1_000, "S": 50_000, "M": 100_000}
START = datetime(2026, 1, 1, tzinfo=UTC)
BARE = """
CREATE TABLE bare_reading (kpi_id bigint NOT NULL, department_id bigint NOT NULL, at timestamptz NOT NULL,
  value numeric(24, 6) NOT NULL, weight numeric(24, 6), PRIMARY KEY (kpi_id, department_id, at))
"""
Row = tuple[int, int, datetime, Decimal, Decimal | None]


def readings(kpis: list[int], departments: list[int], count: int, *, turn: int) -> Iterator[Row]:
    """Each (KPI, department) measured in steps of ten minutes; `turn` gives every round times of its own."""
    rng = random.Random(turn)
    places = [(kpi, department) for kpi in kpis for department in departments]
    step, offset = timedelta(minutes=10), timedelta(seconds=turn)
    for number in range(count):
        kpi, department = places[number % len(places)]
        at = START + step * (number // len(places)) + offset
        yield kpi, department, at, Decimal(rng.randrange(1, 10_000)) / 100, None


def company(prefix: str = "") -> tuple[Any, Any, list[Any]]:
    """Places, an operations manager, ten KPIs."""
    from django.db import transaction

    from apps.core.access import scope
    from tests.factories import people
    from tests.factories.kpis import kpi

    with transaction.atomic(), scope.system("benchmark"):
        places = people.company(prefix)
        manager = people.user("opm", role="OPM", department=places.root)
        return places, manager, [kpi(f"k{number}", places.root) for number in range(10)]


def copy_bare(rows: list[Row]) -> None:
    from django.db import connection, transaction

    text = io.StringIO("".join(f"{k}\t{d}\t{at.isoformat()}\t{value}\t\\N\n" for k, d, at, value, _ in rows))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.copy_expert("COPY bare_reading FROM STDIN", text)


def through_service(rows: list[Row], places: Any, manager: Any) -> None:
    """Stored and rolled up, as the service and then the worker do it."""
    from django.db import transaction

    from apps.core.access import scope
    from apps.kpis import services

    with transaction.atomic(), scope.of(manager):
        batch = services.record_readings(rows, source="api", department=places.root, actor=manager)
    with transaction.atomic(), scope.system("benchmark"):
        services.roll_up_batch(batch.pk)


def through_api(rows: list[Row], codes: dict[int, str], client: Any) -> None:
    body = [
        {"kpi": codes[k], "department": codes[-d], "at": at.isoformat(), "value": str(value)}
        for k, d, at, value, _ in rows
    ]
    text = json.dumps({"readings": body})
    answer = client.post("/api/v1/kpi-readings/bulk/", text, content_type="application/json")
    assert answer.status_code == 201, answer.content[:500]


def run(size: str) -> Report:
    report = Report("ingest", size)
    with installation() as home:
        from django.test import Client

        from apps.core.embedded import database
        from apps.core.embedded.offline import owner_url

        with database.session(owner_url()) as owner, owner.cursor() as cursor:
            cursor.execute(BARE)
        places, manager, kpis = company()
        sites = [places.root, places.plant, places.line, places.other]
        keys = [one.pk for one in kpis], [one.pk for one in sites]
        codes = {one.pk: one.code for one in kpis} | {-one.pk: one.code for one in sites}
        client = Client(HTTP_HOST="localhost")
        client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
        turns = iter(range(600))

        def fresh(count: int) -> list[Row]:
            return list(readings(*keys, count, turn=next(turns)))

        def prepared(count: int, work: Any) -> Any:
            pile = [fresh(count) for _ in range(ROUNDS[size])]
            return lambda: work(pile.pop())

        count, small, pid = READINGS[size], API_ROWS[size], postgres_pid(home)
        found = interleaved(
            {
                "copy": prepared(count, copy_bare),
                "service": prepared(count, lambda rows: through_service(rows, places, manager)),
                "copy small": prepared(small, copy_bare),
                "api": prepared(small, lambda rows: through_api(rows, codes, client)),
            },
            rounds=ROUNDS[size],
            pids=[pid],
        )
    for name, index in (("wall", 0), ("CPU", 1)):
        report.add(
            "P1",
            f"{count:,} readings: service + roll-up / COPY, {name}",
            found["copy"][index],
            found["service"][index],
            2.5,
        )
        report.add(
            "P1", f"{small:,} readings: HTTP bulk / COPY, {name}", found["copy small"][index], found["api"][index], 4.0
        )
    return report
