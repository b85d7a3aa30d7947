"""Rollups equal a full recomputation whatever the order of new, corrected and removed readings."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from apps.core.access import scope
from apps.core.errors import Refused
from apps.kpis import rollup, services
from apps.kpis.models import Definition, ReadingBatch, Rollup
from apps.kpis.models.definition import Parts
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 27, 22, tzinfo=UTC)  # across the spring change of clocks


def table() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kpi_id, department_id, grain, start, count, total, weight, products, squares, minimum, maximum, first_value, last_value"
            " FROM kpis_rollup ORDER BY 1, 2, 3, 4"
        )
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT kpi_id, department_id, grain, start, bucket, count FROM kpis_sketch ORDER BY 1, 2, 3, 4, 5"
        )
        return rows + cursor.fetchall()


@pytest.mark.parametrize("seed", range(6))
def test_incremental_equals_full_recompute(seed: int) -> None:
    rng = random.Random(seed)
    with scope.system("test"):
        places = people.company()
        sums, ratio = kpi("sums", places.root), kpi("ratios", places.root, rule="ratio")
        waits = kpi("waits", places.root, rule="percentile", quantile=Decimal(95))
        batches = []
        for _ in range(5):
            rows = {}
            for _ in range(60):
                one = rng.choice([sums, ratio, waits])
                at = START + timedelta(minutes=30 * rng.randrange(200))
                weight = Decimal(rng.randrange(0, 9)) if one is ratio else None
                key = (one.pk, rng.choice([places.plant, places.line]).pk, at)
                rows[key] = (*key, Decimal(rng.randrange(-500, 500)) / 7, weight)
            batches.append(services.record_readings(rows.values(), source="api", department=places.plant, actor=None))
        for batch in rng.sample(batches, len(batches)):
            services.roll_up_batch(batch.pk)
        undone = next((b for b in batches if not b.corrected), None)
        if undone is not None and not ReadingBatch.objects.filter(pk__gt=undone.pk, corrected__gt=0).exists():
            services.undo_batch(
                ReadingBatch.objects.get(pk=undone.pk), actor=people.user("boss", role="OPM", department=places.root)
            )
        incremental = table()
        assert incremental
        rollup.full_recompute()
        assert table() == incremental


def test_a_batch_is_rolled_up_once() -> None:
    with scope.system("test"):
        places = people.company()
        one = kpi("k", places.root)
        row = (one.pk, places.plant.pk, START, Decimal(5), None)
        batch = services.record_readings([row], source="api", department=places.plant, actor=None)
        assert services.roll_up_batch(batch.pk)
        assert not services.roll_up_batch(batch.pk)
        assert [r.total for r in Rollup.objects.filter(grain="day")] == [Decimal(5)]
        again = services.record_readings([row], source="api", department=places.plant, actor=None)
        assert (again.added, again.corrected, again.unchanged) == (0, 0, 1)


def test_local_days_follow_the_clock_change() -> None:
    """29 March 2026 has 23 hours in Stockholm."""
    with scope.system("test"):
        places = people.company()
        one = kpi("k", places.root)
        first = datetime(2026, 3, 28, 23, tzinfo=UTC)
        rows = [(one.pk, places.plant.pk, first + timedelta(hours=hour), Decimal(1), None) for hour in range(48)]
        batch = services.record_readings(rows, source="api", department=places.plant, actor=None)
        services.roll_up_batch(batch.pk)
        days = Rollup.objects.filter(grain="day").order_by("start")
        assert [day.count for day in days] == [23, 24, 1]


def test_two_values_for_one_time_are_refused_and_nothing_is_kept() -> None:
    with scope.system("test"):
        places = people.company()
        one = kpi("k", places.root)
        rows = [(one.pk, places.plant.pk, START, Decimal(1), None), (one.pk, places.plant.pk, START, Decimal(2), None)]
        with pytest.raises(Refused) as refused:
            services.record_readings(rows, source="api", department=places.plant, actor=None)
        assert refused.value.code == "duplicate_readings"
        assert ReadingBatch.objects.count() == 0


PARTS = Parts(
    count=3,
    total=Decimal(30),
    weight=Decimal(7),
    products=Decimal(84),
    minimum=Decimal(4),
    maximum=Decimal(21),
    last=Decimal(5),
    quantile=Decimal(9),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("sum", Decimal(30)),
        ("mean", Decimal(10)),
        ("weighted", Decimal(12)),
        ("ratio", Decimal(30) / Decimal(7)),
        ("last", Decimal(5)),
        ("max", Decimal(21)),
        ("min", Decimal(4)),
        ("percentile", Decimal(9)),
    ],
)
def test_each_rule(rule: str, expected: Decimal) -> None:
    definition = Definition(rule=rule, factor=Decimal(1))
    assert definition.value_of(PARTS) == expected
    assert definition.value_of(None) is None


def test_no_denominator_is_no_value() -> None:
    parts = Parts(1, Decimal(3), Decimal(0), Decimal(0), Decimal(3), Decimal(3), Decimal(3))
    assert Definition(rule="ratio", factor=Decimal(1)).value_of(parts) is None
    assert Definition(rule="weighted", factor=Decimal(1)).value_of(parts) is None
