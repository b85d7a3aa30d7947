"""The main job on real monthly figures: import, roll up, and the published limits and flags."""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.core.access import scope
from apps.core.science.xmr import xmr_chart
from apps.kpis import queries, services
from apps.org import services as org
from apps.org.models import Department
from tests.factories import people
from tests.factories.kpis import kpi

DATA = Path(os.environ.get("OPS_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "kpi_xmr"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real data set is not on this machine"),
]
ZONE = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def loaded() -> Any:
    """All organisations as departments, on-time performance as a ratio, rolled up."""
    with (DATA / "ae_attendances.csv").open() as file:
        rows = list(csv.DictReader(file))
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        for kind in ("perf", "perf1") if row["type"] == "1" else ("perf",):
            sums[(kind, row["org_code"], row["period"])][0] += int(row["attendances"])
            sums[(kind, row["org_code"], row["period"])][1] += int(row["breaches"])
    with scope.system("test"):
        places = people.company()
        codes = sorted({code for _, code, _ in sums})
        Department.objects.bulk_create([Department(code=code, name=code, parent=places.root) for code in codes])
        org.rebuild_closure()
        keys = dict(Department.objects.values_list("code", "pk"))
        kpis = {kind: kpi(kind, places.root, rule="ratio", grain="month") for kind in ("perf", "perf1")}
        measured = [
            (kpis[kind].pk, keys[code], datetime.fromisoformat(day).replace(tzinfo=ZONE), Decimal(a - b), Decimal(a))
            for (kind, code, day), (a, b) in sums.items()
        ]
        batch = services.record_readings(measured, source="file", department=places.root, actor=None)
        services.roll_up_batch(batch.pk)
        yield kpis, keys, people.user("boss", role="OPM", department=places.root)


def test_limits_and_flags_equal_the_published_ones(loaded: Any) -> None:
    kpis, keys, boss = loaded
    expected = {case["id"]: case for case in json.loads((DATA / "expected.json").read_text())["cases"]}
    checked = 0
    for name, case in expected.items():
        if name != "ENGLAND_perf" and not name.startswith("org_"):
            continue
        departments = None if name == "ENGLAND_perf" else [keys[name.removeprefix("org_")]]
        measure = kpis["perf" if departments is None else "perf1"]
        one = queries.standings([measure], user=boss, grain="month", points=36, departments=departments)[0]
        values = [float(value.value) for value in one.values if value.value is not None]
        chart = xmr_chart(values, direction="increase", target=case["target"])
        assert len(values) == case["expected"]["n"]
        assert chart.now.mean == pytest.approx(case["expected"]["mean"], abs=1e-8)
        assert chart.now.lower == pytest.approx(case["expected"]["lower_process_limit"], abs=1e-8)
        assert chart.now.upper == pytest.approx(case["expected"]["upper_process_limit"], abs=1e-8)
        assert [point.flag.value for point in chart.points] == case["expected"]["point_flags"]
        assert chart.assurance and chart.assurance.value == case["expected"]["assurance"]
        checked += 1
    assert checked >= 20
