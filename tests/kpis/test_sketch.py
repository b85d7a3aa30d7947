"""Percentiles from buckets: within one per cent of the exact order statistic, mergeable over departments and time."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from apps.core.access import scope
from apps.core.values import Period
from apps.kpis import series, services
from apps.kpis.sketch import ACCURACY, BUCKET, bucket_of, middle_of, percentile
from tests.factories import people
from tests.factories.kpis import kpi

START = datetime(2026, 3, 2, tzinfo=UTC)


def exact(values: list[float], percent: float) -> float:
    """The order statistic of lower rank, straight from the definition."""
    return sorted(values)[math.floor(percent / 100 * (len(values) - 1))]


@pytest.mark.parametrize("percent", [1, 25, 50, 90, 95, 99])
@pytest.mark.parametrize("seed", range(4))
def test_every_quantile_is_right_within_one_per_cent(seed: int, percent: float) -> None:
    rng = random.Random(seed)
    values = [rng.lognormvariate(3, 2) * rng.choice([1, 1, 1, -1]) for _ in range(5000)] + [0.0] * 7
    found = percentile(Counter(bucket_of(value) for value in values).items(), percent)
    assert float(found or 0) == pytest.approx(exact(values, percent), rel=ACCURACY * 1.0001)


def test_nothing_has_no_percentile() -> None:
    assert percentile([], 95) is None


@pytest.mark.django_db
def test_the_database_finds_the_same_buckets() -> None:
    values = [Decimal(text) for text in ("0", "1", "-1", "0.000001", "-0.5", "42", "99999999999", "1.0202", "-123.456")]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {BUCKET.format('v')} FROM unnest(%s::numeric[]) WITH ORDINALITY AS t(v, n) ORDER BY n", [values]
        )
        assert [row[0] for row in cursor.fetchall()] == [bucket_of(value) for value in values]
    assert all(middle_of(bucket_of(value)) == pytest.approx(float(value), rel=ACCURACY * 1.0001) for value in values)


@pytest.mark.django_db
def test_a_percentile_joins_departments_and_days() -> None:
    rng = random.Random(7)
    with scope.system("test"):
        places = people.company()
        one = kpi("waits", places.root, rule="percentile", quantile=Decimal(95))
        rows, values = [], []
        for minute in range(0, 60 * 24 * 6, 7):
            value = Decimal(str(round(rng.lognormvariate(2, 1), 3)))
            values.append(float(value))
            rows.append(
                (one.pk, rng.choice([places.plant, places.line]).pk, START + timedelta(minutes=minute), value, None)
            )
        batch = services.record_readings(rows, source="api", department=places.plant, actor=None)
        services.roll_up_batch(batch.pk)
        week = Period.containing(START, series.zone(), "week")
        keys = [places.plant.pk, places.line.pk]
        found = series.series([one], departments=keys, grain="week", start=week.start, end=week.end)[one.pk]
        assert float(found[0].value or 0) == pytest.approx(exact(values, 95), rel=ACCURACY * 1.01)


@pytest.mark.django_db
def test_percentiles_wanted_later_cover_the_readings_before() -> None:
    with scope.system("test"):
        places = people.company()
        one = kpi("waits", places.root, rule="mean")
        rows = [(one.pk, places.plant.pk, START + timedelta(minutes=n), Decimal(n + 1), None) for n in range(100)]
        services.roll_up_batch(services.record_readings(rows, source="api", department=places.plant, actor=None).pk)
        services.change_kpi(one, actor=None, rule="percentile", quantile=Decimal(50), applies_from=START.date())
        day = Period.containing(START, series.zone(), "day")
        found = series.series([one], departments=[places.plant.pk], grain="day", start=day.start, end=day.end)[one.pk]
        assert float(found[0].value or 0) == pytest.approx(50, rel=0.02)
