"""The chart page and the API look ahead with the same forecast, and narrow to a site with the same numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.science.forecast import forecast
from apps.kpis import services
from apps.kpis.models import Definition
from apps.org import services as org
from apps.org.models import Department
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 5, 10, tzinfo=UTC)
VALUES = [20, 22, 21, 23, 22, 24, 23, 25, 24, 26, 25, 27, 26, 28]


@pytest.fixture
def places() -> people.Company:
    with scope.system("test"):
        return people.company()


@pytest.fixture
def boss(places: people.Company) -> User:
    with scope.system("test"):
        return people.user("boss", role="OPM", department=places.root)


def filled(places: people.Company) -> Definition:
    one = kpi("pieces", places.root, rule="sum", grain="day")
    rows = [
        (one.pk, place.pk, START + timedelta(days=day), Decimal(value * size), None)
        for day, value in enumerate(VALUES)
        for place, size in ((places.plant, 1), (places.other, 10))
    ]
    services.roll_up_batch(services.record_readings(rows, source="api", department=places.root, actor=None).pk)
    return one


def test_the_forecast_is_the_same_at_both_doors(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        one = filled(places)
    client = Client()
    client.force_login(boss)
    answer = client.get(f"/api/v1/kpis/{one.pk}/forecast/?period=day").json()
    expected = forecast([float(value * 11) for value in VALUES], horizon=6, season=7)
    assert answer["method"] == expected.method
    assert [value["value"] for value in answer["values"]] == pytest.approx(expected.values)
    assert answer["values"][0]["key"] == "2026-01-19"
    page = client.get(f"/kpis/{one.pk}/chart/?period=day").content.decode()
    assert "Forecast" in page and answer["method"] in page and "MASE" in page


def test_too_few_values_have_no_forecast(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        one = kpi("young", places.root)
    client = Client()
    client.force_login(boss)
    answer = client.get(f"/api/v1/kpis/{one.pk}/forecast/")
    assert answer.status_code == 422 and "at least 12" in answer.json()["detail"]


def test_a_site_narrows_page_and_api_alike(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        one = filled(places)
        sites = {}
        for code, place in (("NORTH", places.plant), ("SOUTH", places.other)):
            sites[code] = org.open_site(code=code, name=code.title(), actor=boss)
            org.change_department(Department.objects.get(pk=place.pk), site=sites[code], actor=boss)
    client = Client()
    client.force_login(boss)
    latest = {}
    for site in ("NORTH", "SOUTH", ""):
        values = client.get(f"/api/v1/kpis/{one.pk}/values/?period=day&site={site}").json()["values"]
        latest[site] = Decimal(values[-1]["value"])
    assert latest == {"NORTH": 28, "SOUTH": 280, "": 308}
    page = client.get(f"/kpis/{one.pk}/chart/?period=day&site=SOUTH").content.decode()
    assert "site SOUTH" in page and "280" in page and "308" not in page
    assert "By site" in client.get(f"/kpis/{one.pk}/chart/?period=day").content.decode()
