"""The demo company is built in order, the same every time, and shows what managers come for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from apps.core.access import scope
from apps.core.demo import Demo, load_parts
from apps.dashboard.models import Dashboard
from apps.kpis import queries
from apps.kpis.models import Alert, Definition, Rebaseline, Watch
from apps.reports.models import Promise, Recipient, ReportRun
from apps.strategy.queries import forest

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 11, 23)


@pytest.fixture
def demo() -> Iterator[Demo]:
    made = Demo(until=UNTIL, password="copper-forest-island-quarry")
    with scope.system("making the demo company"):
        for part in load_parts():
            part.build(made)
        yield made


def test_it_shows_what_managers_come_for(demo: Demo) -> None:
    people = demo.made["people"]
    states = set(Alert.objects.values_list("state", flat=True))
    assert {"open", "acked"} <= states, "somebody has one in hand, others wait"
    assert Watch.objects.count() > Alert.objects.count(), "a watch that is always right looks invented"
    assert Rebaseline.objects.get().kpi.code == "energy"
    assert ReportRun.objects.filter(pack__code="monthly-pack", period_key="2026-10").exists()
    assert set(Promise.objects.values_list("state", flat=True)) == {"open", "kept", "missed"}
    assert Recipient.objects.filter(channel="app").count() == Recipient.objects.count(), "a demo sends no mail"
    assert set(Dashboard.objects.filter(shared=True).values_list("owner_id", flat=True)) == {
        people[name].pk for name in ("demo.opm", "demo.exe", "demo.dpm", "demo.sup")
    }
    tones = {one.tone for root in forest(people["demo.opm"], today=UNTIL) for one in root.walk()}
    assert "good" in tones
    assert tones & {"warn", "bad"}


def test_computed_kpis_agree_with_what_they_are_made_of(demo: Demo) -> None:
    found = {
        one.kpi.code: one.latest
        for one in queries.standings(
            list(Definition.objects.filter(code__in=["scrap", "shipped", "scrap-per-100", "lead", "lead-90"])),
            user=None,
            grain="week",
            departments=[one.pk for one in demo.made["departments"].values()],
            until=datetime(2026, 11, 24, tzinfo=UTC),
        )
    }
    values = {code: one.value for code, one in found.items() if one is not None and one.value is not None}
    assert len(values) == 5
    assert values["scrap-per-100"] == pytest.approx(values["scrap"] / values["shipped"] * 100)
    assert values["lead-90"] > values["lead"]
