"""KPIs made of the platform's own records: filled at once, kept up to date, values that vanish are removed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.metrics import metrics
from apps.core.models import Job
from apps.kpis import queries, services
from apps.kpis.models import Definition, ReadingBatch
from apps.org.models import RoleGrant
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db


@pytest.fixture
def places() -> people.Company:
    with scope.system("test"):
        return people.company()


def roll_up() -> None:
    for batch in ReadingBatch.objects.filter(rolled_up_at__isnull=True):
        services.roll_up_batch(batch.pk)


def latest(one: Definition, places: people.Company) -> Decimal | None:
    keys = [places.root.pk, places.plant.pk, places.line.pk, places.other.pk]
    standing = queries.standings([one], user=None, grain="day", departments=keys, until=timezone.now())[0]
    return standing.latest.value if standing.latest else None


@pytest.mark.parametrize("name", metrics.names())
def test_every_metric_can_be_collected(name: str, places: people.Company) -> None:
    metric = metrics[name]
    now = timezone.now()
    with scope.system("test"):
        people.user("boss", role="OPM", department=places.root)
        for grain in ("day", "week", "month"):
            for one in metric.collect(now - timedelta(days=70), now, grain, "Europe/Stockholm"):
                assert now - timedelta(days=105) <= one.at < now
                assert isinstance(one.value, Decimal)
    assert metric.name.split(".")[0] and metric.label and metric.help and metric.rule


def test_failed_jobs_become_a_ratio(places: people.Company) -> None:
    with scope.system("test"):
        boss = people.user("boss", role="OPM", department=places.root)
        one = kpi("jobs", places.root, origin="metric", metric="core.jobs_failed")
        assert (one.rule, one.unit, one.factor) == ("ratio", "%", 100)
        at = timezone.now() - timedelta(days=1)
        made = [
            Job.objects.create(
                kind="t", label="t", owner_id=boss.pk, department_id=places.plant.pk, state=state, finished_at=at
            )
            for state in ("done", "done", "done", "failed")
        ]
        services.fill_from_metric(one.pk, now=timezone.now())
        roll_up()
        assert latest(one, places) == 25
        assert services.collect_metrics(now=timezone.now()) == 0, "equal values change nothing"
        assert ReadingBatch.objects.count() == 1
        made[3].delete()
        services.collect_metrics(now=timezone.now())
        roll_up()
        assert latest(one, places) == 0
        Job.objects.filter(pk__in=[job.pk for job in made[:3]]).delete()
        services.collect_metrics(now=timezone.now())
        roll_up()
        assert latest(one, places) is None


def test_headcount_counts_people_of_that_day(places: people.Company) -> None:
    with scope.system("test"):
        for name in ("ann", "bob", "cid"):
            people.user(name, role="OPR", department=places.line)
        RoleGrant.objects.filter(user__username="cid").update(valid_from=date(2025, 1, 1), valid_until=date(2025, 6, 1))
        found = list(
            metrics["org.headcount"].collect(
                datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC), "month", "UTC"
            )
        )
        line = {one.at.month: one.value for one in found if one.department_id == places.line.pk}
        assert line == {5: 3, 6: 2}


def test_unknown_figures_are_refused(places: people.Company) -> None:
    with scope.system("test"), pytest.raises(Refused, match="There is no figure") as refused:
        kpi("jobs", places.root, origin="metric", metric="no.such")
    assert refused.value.field == "metric"
