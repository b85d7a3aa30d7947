"""The sentence over a chart: a missed target is never called stable, and what waits is said once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from apps.core.access import scope
from apps.core.web.homecards import View
from apps.kpis import insights, panels, queries, services, verdicts
from apps.kpis.models import Definition
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, 10, tzinfo=UTC)
STEADY = ("91", "93", "92", "94", "92", "91", "94", "92", "93", "91", "92", "91", "93", "92")


def fed(places: people.Company, *, target: str, amber: str, **values: object) -> Definition:
    one = kpi("otd", places.root, rule="mean", unit="%", on_overview=True, **values)
    services.set_target(
        kpi=one,
        department=places.root,
        valid_from=date(2025, 1, 1),
        target=Decimal(target),
        amber=Decimal(amber),
        actor=None,
    )
    rows = [
        (one.pk, places.plant.pk, START + timedelta(days=at), Decimal(text), None) for at, text in enumerate(STEADY)
    ]
    batch = services.record_readings(rows, source="api", department=places.plant, actor=None)
    services.roll_up_batch(batch.pk)
    return one


@pytest.mark.parametrize(
    ("target", "amber", "lead", "tone"),
    [("90", "85", "Stable", "good"), ("95", "90", "At risk", "warn"), ("98", "96", "Off target", "bad")],
)
def test_the_lead_says_how_it_stands_to_its_target(target: str, amber: str, lead: str, tone: str) -> None:
    with scope.system("test"):
        places = people.company()
        one = queries.standings(
            [fed(places, target=target, amber=amber)], user=None, grain="day", departments=[places.plant.pk]
        )[0]
        said = verdicts.verdict(one, one.chart())
    assert said.lead.startswith(f"{lead}: ")
    assert said.tone == tone
    assert ("target" in said.lead.removeprefix(lead)) == (tone != "good"), "a missed target stands beside the value"
    assert "common-cause" in said.text


def test_the_list_of_kpis_says_the_newest_value_and_how_it_stands() -> None:
    with scope.system("test"):
        cast = people.cast()
        fed(cast.company, target="98", amber="96", owner=cast.manager)
    rows = {}
    for name, person in (("own", cast.manager), ("other", cast.neighbour)):
        client = Client()
        client.force_login(person)
        rows[name] = client.get("/kpis/").content.decode().split("otd")[1].split("</tr>")[0]
    assert "92" in rows["own"] and "Off target" in rows["own"]
    assert "no readings yet" not in client.get("/overview/").content.decode(), "how fresh figures are is no secret"
    assert "92" not in rows["other"] and "No value" in rows["other"], "values of a department one may not read"


def test_an_alert_waits_for_its_owner_and_its_kpi_is_not_said_twice() -> None:
    with scope.system("test"):
        cast = people.cast()
        one = fed(cast.company, target="98", amber="96", owner=cast.manager)
        view = View(cast.manager, "day")
        assert [row.key for row in insights.needs(view)] == [f"kpi:{one.pk}"]
        services.set_watch(kpi=one, department=cast.company.plant, kind="band", grain="day", actor=None)
        services.look_at([one.pk], now=datetime(2026, 2, 1, tzinfo=UTC))
        waiting = insights.needs(view)
        assert [row.key.partition(":")[0] for row in waiting] == ["kpi_alert"]
        assert insights.needs(View(cast.worker, "day")) == []


def test_limits_of_a_changed_process_end_where_the_new_ones_begin() -> None:
    with scope.system("test"):
        places = people.company()
        one = fed(places, target="90", amber="85")
        services.rebaseline(
            kpi=one, department=places.root, starts_on=(START + timedelta(days=7)).date(), reason="New oven", actor=None
        )
        standing = queries.standings([one], user=None, grain="day", departments=[places.plant.pk])[0]
        limits = panels.control_spec(standing, standing.chart()).limits
    assert [(each.start, each.end) for each in limits] == [(0, 7), (7, 14)]
