"""Working time against cases computed twice elsewhere, and across clock changes and midnight."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.org.worktime import Worktime

FILE = (
    Path(os.environ.get("OPS_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "scheduling/expected.json"
)
CASES: list[Any] = json.loads(FILE.read_text())["business_time"]["cases"] if FILE.exists() else []
UTC_ZONE = ZoneInfo("UTC")
CALENDARS = {
    "A": Worktime(
        [[["09:00", "17:00"]]] * 5 + [[], []], UTC_ZONE, {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}
    ),
    "B": Worktime([[["06:00", "22:00"]]] * 6 + [[]], UTC_ZONE, {date(2026, 5, 1)}),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['calendar']}-{case['start']}")
def test_business_minutes(case: dict[str, Any]) -> None:
    start = datetime.fromisoformat(case["start"]).replace(tzinfo=UTC)
    found = CALENDARS[case["calendar"]].after(start, timedelta(minutes=case["add_business_minutes"]))
    assert found.replace(tzinfo=None).isoformat() == case["expected"]


def test_counting_there_and_back() -> None:
    calendar = CALENDARS["A"]
    start = datetime(2026, 11, 6, 16, 30, tzinfo=UTC)
    for minutes in (1, 29, 30, 31, 480, 2400, 10_000):
        end = calendar.after(start, timedelta(minutes=minutes))
        assert calendar.between(start, end) == timedelta(minutes=minutes)


def test_a_night_shift_runs_past_midnight_and_loses_the_skipped_hour() -> None:
    night = Worktime([[["22:00", "06:00"]]] * 7, ZoneInfo("Europe/Stockholm"))
    before = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)  # 22:00 local, the night the clocks go forward
    assert night.between(before, before + timedelta(hours=12)) == timedelta(hours=7)


def test_days_off_move_to_the_next_working_day() -> None:
    calendar = CALENDARS["A"]
    assert calendar.next_working_day(date(2026, 12, 25)) == date(2026, 12, 29)
    assert calendar.next_working_day(date(2026, 12, 24)) == date(2026, 12, 24)
