"""Old periods keep the version they were computed with; only a restatement, logged with its reason, changes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.core.values import Period
from apps.kpis import series, services
from apps.kpis.models import Definition, Version
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def places() -> people.Company:
    with scope.system("test"):
        return people.company()


def filled(places: people.Company, **values: object) -> Definition:
    one = kpi("k", places.root, **values)
    rows = [
        (one.pk, places.plant.pk, START + timedelta(days=day, hours=hour), Decimal(10 + hour), Decimal(2))
        for day in range(4)
        for hour in range(2)
    ]
    services.roll_up_batch(services.record_readings(rows, source="api", department=places.plant, actor=None).pk)
    return one


def days(one: Definition, places: people.Company) -> list[Decimal | None]:
    start = Period.containing(START, series.zone(), "day").start
    found = series.series(
        [one], departments=[places.plant.pk], grain="day", start=start, end=start + timedelta(days=4)
    )[one.pk]
    return [value.value for value in found]


def test_old_periods_keep_their_version(places: people.Company) -> None:
    with scope.system("test"):
        one = filled(places, rule="sum")
        assert days(one, places) == [21, 21, 21, 21]
        services.change_kpi(one, actor=None, rule="mean", applies_from=date(2026, 3, 4))
        fresh = Definition.objects.get(pk=one.pk)
        assert fresh.rule == "mean" and fresh.dated
        assert days(fresh, places) == [21, 21, Decimal("10.5"), Decimal("10.5")]
        services.change_kpi(fresh, actor=None, factor=Decimal(2), applies_from=date(2026, 3, 5))
        assert days(Definition.objects.get(pk=one.pk), places) == [21, 21, Decimal("10.5"), 21]


def test_a_restatement_is_logged_and_changes_the_past(places: people.Company) -> None:
    with scope.system("test"):
        boss = people.user("boss", role="OPM", department=places.root)
        one = filled(places, rule="sum")
        services.change_kpi(one, actor=boss, rule="max", applies_from=date(2026, 3, 5))
        fresh = Definition.objects.get(pk=one.pk)
        services.restate_kpi(fresh, reason="The sum counted repairs twice", applies_from=date(2026, 3, 3), actor=boss)
        assert days(Definition.objects.get(pk=one.pk), places) == [21, 11, 11, 11]
        services.restate_kpi(Definition.objects.get(pk=one.pk), reason="All of it", actor=boss)
        assert days(Definition.objects.get(pk=one.pk), places) == [11, 11, 11, 11]
        assert not Definition.objects.get(pk=one.pk).dated
        told = list(Event.objects.filter(name="kpis.kpi_restated").order_by("id"))
        assert [event.payload["reason"] for event in told] == ["The sum counted repairs twice", "All of it"]
        assert told[0].payload["former_from"] == "2026-03-05" and told[0].payload["applies_from"] == "2026-03-03"
        assert told[0].actor_id == boss.pk
        assert Version.objects.filter(kpi=one, archived_at__isnull=False).exists()
        with pytest.raises(Refused, match="already"):
            services.restate_kpi(Definition.objects.get(pk=one.pk), reason="Again", actor=boss)


def test_a_kpi_without_values_is_simply_corrected(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("k", places.root)
        services.change_kpi(one, actor=None, rule="mean")
        version = Version.objects.get(kpi=one)
        assert (version.number, version.rule, version.valid_from) == (1, "mean", None)


def test_a_version_does_not_begin_before_a_later_one(places: people.Company) -> None:
    with scope.system("test"):
        one = filled(places, rule="sum")
        services.change_kpi(one, actor=None, rule="mean", applies_from=date(2026, 3, 5))
        with pytest.raises(Refused, match="A later version counts from 2026-03-05") as refused:
            services.change_kpi(
                Definition.objects.get(pk=one.pk), actor=None, rule="max", applies_from=date(2026, 3, 3)
            )
        assert refused.value.field == "applies_from"
        assert Definition.objects.get(pk=one.pk).rule == "mean"


def test_departments_join_their_own_way(places: people.Company) -> None:
    """Stock: the last value of the day, summed over departments; a mean of departments where each counts the same."""
    with scope.system("test"):
        stock = kpi("stock", places.root, rule="last", across="sum")
        waits = kpi("waits", places.root, rule="mean", across="mean")
        rows = []
        for one in (stock, waits):
            rows += [
                (one.pk, places.plant.pk, START + timedelta(hours=hour), Decimal(5 + hour), None) for hour in range(3)
            ]
            rows += [(one.pk, places.line.pk, START, Decimal(100), None)]
        services.roll_up_batch(services.record_readings(rows, source="api", department=places.plant, actor=None).pk)
        start, keys = Period.containing(START, series.zone(), "day").start, [places.plant.pk, places.line.pk]
        found = series.series([stock, waits], departments=keys, grain="day", start=start, end=start + timedelta(days=1))
        assert found[stock.pk][0].value == 107
        assert found[waits.pk][0].value == 53
