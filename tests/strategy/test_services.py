"""Objectives cascade over owners, weights stay at 100 per cent while they count, key results move with their KPIs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.kpis import services as kpis
from apps.strategy import queries, services
from apps.strategy.models import KeyResult, Objective
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 1)


@pytest.fixture
def places() -> people.Company:
    with scope.system("test"):
        return people.company()


@pytest.fixture
def boss(places: people.Company) -> User:
    with scope.system("test"):
        return people.user("boss", role="OPM", department=places.root)


def objective(boss: User, department: Any, title: str = "Reach it", **values: Any) -> Objective:
    return services.set_objective(
        title=title,
        department=department,
        owner=boss,
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        actor=boss,
        **values,
    )


def result(one: Objective, weight: int, start: str, target: str, **values: Any) -> KeyResult:
    return services.set_key_result(
        objective=one,
        title=f"{start} to {target}",
        weight=Decimal(weight),
        start_value=Decimal(start),
        target_value=Decimal(target),
        actor=None,
        **values,
    )


def test_activation_needs_exactly_100(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        one = objective(boss, places.root)
        result(one, 60, "0", "10")
        with pytest.raises(Refused, match="sum to 60 %"):
            services.activate_objective(one, actor=boss)
        part = objective(boss, places.plant, "Part", parent=one, weight=Decimal(40))
        services.activate_objective(Objective.objects.get(pk=one.pk), actor=boss)
        fresh = Objective.objects.get(pk=one.pk)
        with pytest.raises(Refused, match="is active, so its weights stay"):
            result(fresh, 10, "0", "1")
        with pytest.raises(Refused, match="is active, so its weights stay"):
            services.change_objective(part, actor=boss, weight=Decimal(50))
        with pytest.raises(Refused, match="is active, so its weights stay"):
            services.archive_key_result(KeyResult.objects.get(objective=one), actor=boss)
        services.reopen_objective(fresh, actor=boss)
        services.change_objective(Objective.objects.get(pk=part.pk), actor=boss, weight=Decimal(50))


def test_progress_cascades_from_person_to_company(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        worker = people.user("worker", role="OPR", department=places.line)
        company = objective(boss, places.root, "Company", level="company")
        plant = objective(boss, places.plant, "Plant", parent=company, weight=Decimal(50))
        own = objective(worker, places.line, "Mine", level="person", parent=plant, weight=Decimal(100))
        services.report_value(result(company, 50, "0", "10"), value=Decimal(4), actor=boss)
        services.report_value(result(own, 100, "8", "4"), value=Decimal(5), actor=worker)
        tree = queries.branch_of(company, today=TODAY)
        shares = {one.objective.title: one.progress.share for one in tree.walk()}
        assert shares == {"Mine": Decimal("0.75"), "Plant": Decimal("0.75"), "Company": Decimal("0.575")}


def test_no_circles_and_nothing_under_something_smaller(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        top = objective(boss, places.root, "Top", level="company")
        mid = objective(boss, places.plant, "Mid", parent=top)
        with pytest.raises(Refused, match="part of itself") as refused:
            services.change_objective(top, actor=boss, parent=mid, level="dept")
        assert refused.value.field == "parent"
        mine = objective(boss, places.line, "Mine", level="person")
        with pytest.raises(Refused, match="cannot be part of it"):
            objective(boss, places.plant, "Dept", parent=mine)


def test_a_key_result_moves_with_its_kpi_also_downwards(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        lead = kpi("lead", places.root, rule="mean", direction="lower", unit="d")
        one = objective(boss, places.plant)
        bound = result(one, 100, "9", "5", kpi=lead)
        assert (bound.unit, bound.current_value) == ("d", None)
        for month, value in ((2, "8"), (3, "6")):
            row = (lead.pk, places.line.pk, datetime(2026, month, 10, tzinfo=UTC), Decimal(value), None)
            batch = kpis.record_readings([row], source="api", department=places.line, actor=None)
            kpis.roll_up_batch(batch.pk)
            services.refresh_for([lead.pk])
        moved = KeyResult.objects.get(pk=bound.pk)
        assert (moved.current_value, moved.current_period) == (Decimal(6), "2026-03")
        assert queries.share_of(moved) == Decimal("0.75")
        told = Event.objects.filter(name="strategy.key_result_moved").order_by("id")
        assert [event.payload["progress"] for event in told] == ["0.2500", "0.7500"]
        services.refresh_for([lead.pk])
        assert told.count() == 2, "the same value twice is no news"
        with pytest.raises(Refused, match="comes from the KPI"):
            services.report_value(moved, value=Decimal(1), actor=boss)


def test_acting_on_a_change_needs_a_response(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        item = services.note_scan_item(
            title="New rule", kind="regul", seen_on=TODAY, department=places.root, owner=boss, actor=boss
        )
        with pytest.raises(Refused, match="what is done about it") as refused:
            services.change_scan_item(item, actor=boss, state="act")
        assert refused.value.field == "response"


def test_page_and_api_show_the_same_tree_to_those_who_may(places: people.Company, boss: User) -> None:
    with scope.system("test"):
        company = objective(boss, places.root, "Company goal", level="company")
        services.report_value(result(company, 100, "0", "10"), value=Decimal(4), actor=boss)
        objective(boss, places.plant, "Plant goal", parent=company)
        objective(boss, places.other, "Foreign goal")
        local = people.user("local", role="DPM", department=places.plant)
    client = Client()
    client.force_login(local)
    titles = [one["title"] for one in client.get("/api/v1/objectives/tree/").json()["objectives"]]
    assert titles == ["Company goal", "Plant goal"]
    for view in ("tree", "map"):
        text = client.get(f"/strategy/?view={view}").content.decode()
        assert text.count("Company goal") >= 2 and "40 %" in text and "Foreign goal" not in text
        assert "<title>Company goal, " in text, "the box is a link with words for a screen reader"
