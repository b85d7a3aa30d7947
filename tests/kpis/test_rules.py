"""The invariants of KPIs notice what they are there for, and hold over ordinary work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from apps.core.access import scope
from apps.core.invariants import all_invariants
from apps.kpis import services
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db


def broken() -> set[str]:
    return {item.id for item in all_invariants() if item.find_violations()} - {"I16.migration"}


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        ("SELECT 1", set()),
        ("UPDATE kpis_rollup SET total = total + 1 WHERE grain = 'day'", {"I10.raw"}),
        ("UPDATE kpis_rollup SET count = count + 1 WHERE grain = 'hour'", {"I10.grains"}),
        ("DELETE FROM kpis_rollup WHERE grain = 'month'", {"I10.grains"}),
        ("UPDATE core_delivery SET available_at = now() - interval '1 hour', done_at = NULL", {"I6.late"}),
    ],
)
def test_damage_is_noticed(damage: str, noticed: set[str]) -> None:
    with scope.system("test"):
        places = people.company()
        one = kpi("k", places.root)
        start = datetime(2026, 3, 1, tzinfo=UTC)
        rows = [(one.pk, places.line.pk, start + timedelta(hours=5 * n), Decimal(n), None) for n in range(40)]
        batch = services.record_readings(rows, source="api", department=places.plant, actor=None)
        services.roll_up_batch(batch.pk)
        with connection.cursor() as cursor:
            cursor.execute(damage)
        assert broken() == noticed
