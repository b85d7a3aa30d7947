"""Every value drills to what made it: the drilled rows give the value again, at both doors, within the reader's scope."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.core.access import scope
from apps.core.values import Period
from apps.kpis import series, services
from apps.kpis.lineage import lineage
from apps.kpis.models import Definition
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
PERIOD = "2026-W10"


@pytest.fixture
def places() -> people.Company:
    with scope.system("test"):
        return people.company()


def filled(places: people.Company, rule: str) -> Definition:
    rng = random.Random(rule)
    one = kpi(f"k-{rule}", places.root, rule=rule, factor=Decimal(100))
    weighted = rule in {"ratio", "weighted"}
    rows = [
        (
            one.pk,
            rng.choice([places.plant.pk, places.line.pk]),
            START + timedelta(hours=hour),
            Decimal(rng.randrange(1, 90)),
            Decimal(rng.randrange(1, 9)) if weighted else None,
        )
        for hour in range(90)
    ]
    services.roll_up_batch(services.record_readings(rows, source="api", department=places.plant, actor=None).pk)
    return one


def recomputed(rule: str, rows: Any) -> Decimal:
    """The value from the drilled rows, straight from each rule's definition."""
    values = [row.value for row in rows]
    if rule == "sum":
        return sum(values) * 100
    if rule == "mean":
        return sum(values) / len(values) * 100
    if rule == "ratio":
        return sum(values) / sum(row.weight for row in rows) * 100
    if rule == "weighted":
        return sum(row.value * row.weight for row in rows) / sum(row.weight for row in rows) * 100
    return (max(values) if rule == "max" else min(values)) * 100


@pytest.mark.parametrize("rule", ["sum", "mean", "ratio", "weighted", "max", "min"])
def test_the_drilled_rows_give_the_value(places: people.Company, rule: str) -> None:
    with scope.system("test"):
        one = filled(places, rule)
        keys = [places.plant.pk, places.line.pk]
        found = lineage(one, departments=keys, period=Period.parse(PERIOD, series.zone()))
        assert found.count == len(found.rows) == 90
        assert found.value.value == pytest.approx(recomputed(rule, found.rows), rel=Decimal("1e-20"))
        if rule == "sum":
            assert sum(value.value or 0 for _, value in found.departments) == found.value.value
        alone = lineage(one, departments=[places.line.pk], period=found.period)
        assert {row.department.pk for row in alone.rows} == {places.line.pk}
        assert alone.value.value == {place.pk: value.value for place, value in found.departments}[places.line.pk]


def test_a_formula_drills_to_its_inputs(places: people.Company) -> None:
    with scope.system("test"):
        one = filled(places, "sum")
        double = kpi("double", places.root, origin="formula", formula="k_sum * 2")
        found = lineage(double, departments=[places.plant.pk], period=Period.parse(PERIOD, series.zone()))
        assert [part.kpi.pk for part in found.inputs] == [one.pk]
        assert found.value.value == (found.inputs[0].value or 0) * 2
        assert found.formula == "k_sum * 2"


def test_both_doors_say_the_same_and_only_what_one_may_see(places: people.Company) -> None:
    with scope.system("test"):
        one = filled(places, "sum")
        boss = people.user("boss", role="OPM", department=places.root)
        stranger = people.user("stranger", role="DPM", department=places.other)
        line = people.user("line", role="SUP", department=places.line)
    answers = {}
    for person in (boss, stranger, line):
        client = Client()
        client.force_login(person)
        answers[person.username] = client.get(f"/api/v1/kpis/{one.pk}/origin/?period={PERIOD}").json()
        page = client.get(f"/kpis/{one.pk}/origin/?period={PERIOD}")
        assert page.status_code == 200
        if person is boss:
            assert "90 readings" in page.content.decode() and "sum of values" in page.content.decode()
    assert answers["boss"]["readings_count"] == 90
    assert Decimal(answers["boss"]["value"]) == Decimal(answers["boss"]["total"]) * 100
    assert answers["stranger"]["readings_count"] == 0 and answers["stranger"]["value"] is None
    assert 0 < answers["line"]["readings_count"] < 90
    assert {row["department"] for row in answers["line"]["readings"]} == {places.line.pk}


@pytest.mark.parametrize("period", ["", "2026-13", "2026", "yesterday"])
def test_a_wrong_period_is_told(places: people.Company, period: str) -> None:
    with scope.system("test"):
        one = kpi("k", places.root)
        boss = people.user("boss", role="OPM", department=places.root)
    client = Client()
    client.force_login(boss)
    answer = client.get(f"/api/v1/kpis/{one.pk}/origin/?period={period}")
    assert answer.status_code in {400, 422} and answer.json()["field"] == "period"
