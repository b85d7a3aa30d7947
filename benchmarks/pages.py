"""P4, P5, P6: list, record, overview, API page and a single create, against the authenticated ping of the same run."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.ingest import company
from benchmarks.measure import Report, interleaved
from benchmarks.place import installation, postgres_pid

KPIS = {"XS": 60, "S": 10_000, "M": 100_000}
ROUNDS = {"XS": 5, "S": 60, "M": 60}
OVERVIEW_KPIS = 8
BATCH = 10


def fill(places: Any, count: int) -> None:
    """Many definitions, eight of them on the overview with two months of daily readings."""
    from django.db import transaction

    from apps.core.access import scope
    from apps.kpis import services
    from apps.kpis.models import Definition
    from tests.factories.kpis import kpi

    with transaction.atomic(), scope.system("benchmark"):
        tiles = [kpi(f"tile{number}", places.root, on_overview=True) for number in range(OVERVIEW_KPIS)]
        start = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=60)
        rows = [
            (one.pk, places.plant.pk, start + timedelta(days=day), Decimal(day % 7 + 90), None)
            for one in tiles
            for day in range(60)
        ]
        services.roll_up_batch(services.record_readings(rows, source="api", department=places.root, actor=None).pk)
        spread = [places.root, places.plant, places.line, places.other]
        Definition.objects.bulk_create(
            [Definition(code=f"many{n}", name=f"Many {n}", department=spread[n % 4], rule="sum") for n in range(count)],
            batch_size=2_000,
        )


def queries_of(client: Any, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
    return len(seen)


def pages_of(client: Any, wanted: int) -> list[str]:
    """Addresses of the API's first and of a later page, by following cursors."""
    path = first = "/api/v1/kpis/?limit=50"
    for _ in range(wanted - 1):
        following = client.get(path).json().get("next")
        if not following:
            break
        path = f"{first}&cursor={following}"
    return [first, path]


def run(size: str) -> Report:
    report = Report("pages", size)
    with installation() as home:
        from django.db import connection
        from django.test import Client

        from apps.core.embedded import database
        from apps.core.embedded.offline import owner_url

        places, manager, kpis = company()
        fill(places, KPIS[size])
        with database.session(owner_url()) as owner, owner.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        client = Client(HTTP_HOST="localhost")
        client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
        first, later = pages_of(client, 3 if size == "XS" else 150)
        numbers = itertools.count()

        def create() -> None:
            body = {"code": f"made{next(numbers)}", "name": "Made", "department": places.root.pk, "rule": "sum"}
            body |= {"direction": "higher", "grain": "day", "factor": "1", "decimals": 1, "position": 1}
            answer = client.post("/api/v1/kpis/", json.dumps(body), content_type="application/json")
            assert answer.status_code == 201, answer.content[:400]

        def by_hand() -> None:
            """What a bare view would do for the API page: one query and one dump."""
            for _ in range(BATCH):
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT id, code, name, unit, rule, department_id FROM kpis_definition ORDER BY code LIMIT 51"
                    )
                    json.dumps(cursor.fetchall())

        def get(path: str) -> Any:
            return lambda: [client.get(path) for _ in range(BATCH)]

        paths = {
            "list": "/kpis/",
            "record": f"/kpis/{kpis[0].pk}/",
            "overview": "/overview/",
            "api": first,
            "api later": later,
        }
        counted = {name: queries_of(client, path) for name, path in paths.items()}
        work = {"ping": get("/-/ping"), **{name: get(path) for name, path in paths.items()}, "hand": by_hand}
        work["create"] = lambda: [create() for _ in range(BATCH)]
        found = interleaved(work, rounds=max(ROUNDS[size] // BATCH, 1), pids=[postgres_pid(home)])
    one = {name: wall / BATCH for name, (wall, _) in found.items()}
    for name, goal in (("list", 8), ("record", 6), ("overview", 12)):
        report.add("P5", f"{name} page / ping", one["ping"], one[name], goal, note=f"{counted[name]} queries")
    report.add(
        "P4",
        "API page of 50 / ping plus bare query and dump",
        one["ping"] + one["hand"],
        one["api"],
        3,
        note=f"{counted['api']} queries",
    )
    report.add("P4", "a page far down the API list / its first", one["api"], one["api later"], 1.2)
    report.add("P6", "create through the API / ping", one["ping"], one["create"], 12, note="goal 6 pings + 6 commits")
    return report
