"""P2: a whole history rolled up, with and without the percentile sketch. P3: late readings on a long history; its growth."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.ingest import company, through_service
from benchmarks.measure import Report, interleaved
from benchmarks.place import installation, postgres_pid

HISTORY = {"XS": 20_000, "S": 1_000_000, "M": 10_000_000, "L": 30_000_000}
LATE = {"XS": 100, "S": 10_000, "M": 100_000, "L": 100_000}
ROUNDS = {"XS": 1, "S": 5, "M": 5, "L": 3}
START = datetime(2024, 1, 1, tzinfo=UTC)
# The same data without walls, batches and corrections: what somebody would write who needs only the sums.
BARE = """
CREATE TABLE bare_reading (kpi_id bigint, department_id bigint, at timestamptz, value numeric(24, 6),
  PRIMARY KEY (kpi_id, department_id, at)) PARTITION BY RANGE (at);
CREATE TABLE bare_rollup (kpi_id bigint, department_id bigint, grain varchar(5), start timestamptz, count bigint,
  total numeric(30, 6), squares numeric(40, 12), minimum numeric(24, 6), maximum numeric(24, 6),
  first_at timestamptz, first_value numeric(24, 6), last_at timestamptz, last_value numeric(24, 6),
  PRIMARY KEY (kpi_id, department_id, grain, start)) WITH (fillfactor = 80);
"""
FILL = """
INSERT INTO kpis_reading (kpi_id, department_id, at, value, batch_id)
SELECT k, d, %s::timestamptz + n * interval '5 minutes', (n::bigint * 7919 %% 10000) / 100.0, %s
FROM unnest(%s::bigint[]) k, unnest(%s::bigint[]) d, generate_series(%s, %s) n
"""
HOURS = """
SELECT kpi_id, department_id, date_trunc('hour', at, 'Europe/Stockholm') AS start, count(*) AS count, sum(value) AS total,
  sum(value * value) AS squares, min(value) AS minimum, max(value) AS maximum,
  min(at) AS first_at, (min(ARRAY[extract(epoch FROM at), value]))[2] AS first_value,
  max(at) AS last_at, (max(ARRAY[extract(epoch FROM at), value]))[2] AS last_value FROM fresh GROUP BY 1, 2, 3
"""
COARSER = """
SELECT '{0}', kpi_id, department_id, date_trunc('{0}', start, 'Europe/Stockholm'), sum(count), sum(total), sum(squares),
  min(minimum), max(maximum), min(first_at), (min(ARRAY[extract(epoch FROM first_at), first_value]))[2],
  max(last_at), (max(ARRAY[extract(epoch FROM last_at), last_value]))[2] FROM hours GROUP BY 2, 3, 4
"""
MERGE = f"""
WITH hours AS MATERIALIZED ({HOURS}), parts AS (
  SELECT 'hour' AS grain, * FROM hours UNION ALL {" UNION ALL ".join(COARSER.format(g) for g in ("day", "week", "month"))})
INSERT INTO bare_rollup AS r
SELECT kpi_id, department_id, grain, start, count, total, squares, minimum, maximum, first_at, first_value, last_at, last_value
FROM parts ORDER BY 1, 2, 3, 4
ON CONFLICT (kpi_id, department_id, grain, start) DO UPDATE SET count = r.count + EXCLUDED.count,
  total = r.total + EXCLUDED.total, squares = r.squares + EXCLUDED.squares,
  minimum = least(r.minimum, EXCLUDED.minimum), maximum = greatest(r.maximum, EXCLUDED.maximum),
  first_value = CASE WHEN EXCLUDED.first_at < r.first_at THEN EXCLUDED.first_value ELSE r.first_value END,
  first_at = least(r.first_at, EXCLUDED.first_at),
  last_value = CASE WHEN EXCLUDED.last_at > r.last_at THEN EXCLUDED.last_value ELSE r.last_value END,
  last_at = greatest(r.last_at, EXCLUDED.last_at)
"""


class History:
    """A filled installation: 10 KPIs in 4 departments, one reading per five minutes, and the bare copy of it."""

    def __init__(self) -> None:
        self.places, self.manager, kpis = company()
        sites = [self.places.root, self.places.plant, self.places.line, self.places.other]
        self.keys = [one.pk for one in kpis], [one.pk for one in sites]
        self.steps = 0
        self.turn = 0

    def grow(self, owner: Any, count: int, pid: int) -> dict[str, tuple[float, float]]:
        """Fill up to `count` readings in both worlds and roll them up; wall and CPU of each way, and of the sketch alone."""
        from django.conf import settings
        from django.db import transaction

        from apps.core.access import scope
        from apps.kpis.models import ReadingBatch

        steps = count // 40
        begin, end = START + timedelta(minutes=5 * self.steps), START + timedelta(minutes=5 * steps)
        with transaction.atomic(), scope.system("benchmark"):
            batch = ReadingBatch.objects.create(
                source="system", department=self.places.root, first_at=begin, last_at=end
            )
        with owner.cursor() as cursor:
            cursor.execute("SELECT kpis_ensure_partitions(%s, %s)", [START, end])
            cursor.execute(FILL, [START, batch.pk, *self.keys, self.steps, steps - 1])
            for month in _months(START, end):
                name, following = f"bare_{month:%Y%m}", (month + timedelta(days=32)).replace(day=1)
                cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF bare_reading"
                    f" FOR VALUES FROM ('{month:%Y-%m-%d}+00') TO ('{following:%Y-%m-%d}+00')"
                )
            cursor.execute(
                "INSERT INTO bare_reading SELECT kpi_id, department_id, at, value FROM kpis_reading WHERE batch_id = %s",
                [batch.pk],
            )
        times = interleaved(
            {
                "hand": lambda: merge_by_hand(owner, begin),
                "ours": lambda: roll_up(batch.pk, begin, end),
                "sketch": lambda: sketch(batch.pk, begin, end),
            },
            rounds=1,
            pids=[pid],
        )
        with owner.cursor() as cursor:
            for table in ("kpis_reading", "kpis_rollup", "bare_reading", "bare_rollup"):
                cursor.execute(f"VACUUM ANALYZE {table}")
        assert settings.TIME_ZONE == "Europe/Stockholm"
        self.steps = steps
        return times

    def late(self, count: int) -> list[Any]:
        """Readings between those that are there, spread over the whole history."""
        self.turn += 1
        rng = random.Random(self.turn)
        found: dict[tuple[int, int, int], Any] = {}
        while len(found) < count:
            kpi, place, step = rng.choice(self.keys[0]), rng.choice(self.keys[1]), rng.randrange(self.steps)
            at = START + timedelta(minutes=5 * step, seconds=self.turn)
            found[(kpi, place, step)] = (kpi, place, at, Decimal(rng.randrange(1, 10_000)) / 100, None)
        return list(found.values())

    def ours(self, rows: list[Any]) -> None:

        through_service(rows, self.places, self.manager)


def _months(start: datetime, end: datetime) -> list[datetime]:
    found, month = [], start.replace(day=1)
    while month <= end:
        found.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return found


def by_hand(owner: Any, rows: list[Any]) -> None:
    import io

    text = io.StringIO("".join(f"{k}\t{d}\t{at.isoformat()}\t{value}\n" for k, d, at, value, _ in rows))
    with owner.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("CREATE TEMPORARY TABLE fresh (LIKE bare_reading) ON COMMIT DROP")
        cursor.copy_expert("COPY fresh FROM STDIN", text)
        cursor.execute("INSERT INTO bare_reading SELECT * FROM fresh")
        cursor.execute(MERGE)
        cursor.execute("COMMIT")


def merge_by_hand(owner: Any, begin: datetime) -> None:
    """The cascade of raw readings to hours and from hours to everything coarser, from a moment on."""
    with owner.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"CREATE TEMPORARY VIEW fresh AS SELECT * FROM bare_reading WHERE at >= '{begin.isoformat()}'")
        cursor.execute(MERGE)
        cursor.execute("DROP VIEW fresh")


def roll_up(batch: int, begin: datetime, end: datetime) -> None:
    from django.db import connection, transaction

    from apps.core.access import scope
    from apps.kpis import rollup
    from apps.kpis.models import ReadingBatch

    with transaction.atomic(), scope.system("benchmark"), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        rollup.add_batch(batch, begin, end)
        ReadingBatch.objects.filter(pk=batch).update(rolled_up_at=end)


def sketch(batch: int, begin: datetime, end: datetime) -> None:
    """The buckets of all KPIs, as if each told percentiles; taken back, so that what follows is plain again."""
    from django.conf import settings
    from django.db import connection, transaction

    from apps.core.access import scope
    from apps.kpis import sketching
    from apps.kpis.models import Version

    with transaction.atomic(), scope.system("benchmark"), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        assert Version.objects.update(rule="percentile", quantile=95)
        params = {"zone": settings.TIME_ZONE, "batch": batch, "first": begin, "last": end}
        sketching.add_batch(cursor, params)
        transaction.set_rollback(True)


def measure(history: History, owner: Any, size: str, pid: int) -> dict[str, tuple[float, float]]:
    piles = {name: [history.late(LATE[size]) for _ in range(ROUNDS[size])] for name in ("hand", "ours")}
    return interleaved(
        {"hand": lambda: by_hand(owner, piles["hand"].pop()), "ours": lambda: history.ours(piles["ours"].pop())},
        rounds=ROUNDS[size],
        pids=[pid],
    )


def run(size: str) -> Report:
    report = Report("rollup", size)
    with installation() as home:
        from apps.core.embedded import database
        from apps.core.embedded.offline import owner_url

        with database.session(owner_url()) as owner:
            with owner.cursor() as cursor:
                cursor.execute(BARE)
            history, pid = History(), postgres_pid(home)
            history.grow(owner, HISTORY[size] // 10, pid)
            short = measure(history, owner, size, pid)
            whole = history.grow(owner, HISTORY[size], pid)
            long = measure(history, owner, size, pid)
    filled = f"{HISTORY[size] // 10 * 9:,} readings rolled up"
    for at, words in ((0, "wall"), (1, "CPU")):
        hand, ours, buckets = (whole[name][at] for name in ("hand", "ours", "sketch"))
        report.add("P2", f"{filled}: ours / cascade by hand, {words}", hand, ours, 1.2)
        report.add("P2", f"{filled}, with percentile sketch / cascade by hand, {words}", hand, ours + buckets, 3.0)
    late = f"{LATE[size]:,} late on {HISTORY[size]:,}"
    report.add("P3", f"{late}: service + roll-up / by hand, wall", long["hand"][0], long["ours"][0], 1.15)
    report.add("P3", f"{late}: service + roll-up / by hand, CPU", long["hand"][1], long["ours"][1], 1.15)
    report.add("P3", "the same on a history ten times as long, wall", short["ours"][0], long["ours"][0], 2.0)
    report.add("P3", "by hand on a history ten times as long, wall", short["hand"][0], long["hand"][0], 2.0)
    return report
