"""Recurrence rules against RFC 5545 cases expanded by two other engines, and across both clock changes."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.core.errors import Refused
from apps.core.values.recurrence import recurrence

FILE = (
    Path(os.environ.get("OPS_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "scheduling/expected.json"
)
GOLDEN: dict[str, Any] = (
    json.loads(FILE.read_text()) if FILE.exists() else {"rrule": {"cases": []}, "dst": {"cases": []}}
)


def expanded(case: dict[str, Any], zone: ZoneInfo, count: int) -> list[datetime]:
    start = datetime.fromisoformat(case["dtstart"])
    rule = recurrence(case["rrule"], start=start, zone=zone)
    found = []
    for at in rule.occurrences(start.replace(tzinfo=zone) - timedelta(seconds=1)):
        found.append(at)
        if len(found) == count:
            break
    return found


@pytest.mark.parametrize("case", GOLDEN["rrule"]["cases"], ids=lambda case: str(case["id"]))
def test_rules_expand_as_two_other_engines_do(case: dict[str, Any]) -> None:
    found = expanded(case, ZoneInfo("UTC"), len(case["expected"]))
    assert [at.replace(tzinfo=None).isoformat() for at in found] == case["expected"]


@pytest.mark.parametrize("case", GOLDEN["dst"]["cases"], ids=lambda case: str(case["id"]))
def test_the_wall_clock_stays_through_clock_changes(case: dict[str, Any]) -> None:
    found = expanded(case, ZoneInfo(case["tz"]), len(case["expected_utc"]))
    assert [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in found] == case["expected_utc"]


def test_skipped_and_repeated_hours_happen_once() -> None:
    zone = ZoneInfo("Europe/Stockholm")
    rule = recurrence("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", start=datetime(2026, 3, 27, 2, 30), zone=zone)
    found = []
    for at in rule.occurrences(datetime(2026, 3, 28, tzinfo=UTC)):
        if at > datetime(2026, 3, 31, tzinfo=UTC):
            break
        found.append(at)
    assert [at.day for at in found] == [28, 29, 30]
    autumn = []
    for at in rule.occurrences(datetime(2026, 10, 24, tzinfo=UTC)):
        if at > datetime(2026, 10, 27, tzinfo=UTC):
            break
        autumn.append(at)
    assert [at.astimezone(zone).day for at in autumn] == [24, 25, 26]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("every monday", "no recurrence rule"),
        ("FREQ=MINUTELY", "15 minutes"),
        ("FREQ=SECONDLY;INTERVAL=3600", "15 minutes"),
        ("FREQ=WEEKLY;BYDAY=XX", "no recurrence rule"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes true"),
        ("FREQ=DAILY;COUNT=1;" + "X" * 400, "no recurrence rule"),
    ],
)
def test_what_is_no_rule_is_told(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        recurrence(text, start=datetime(2026, 1, 1), zone=ZoneInfo("UTC"))
    assert refused.value.field == "rrule"


def test_a_rule_that_ended_has_no_next() -> None:
    rule = recurrence("FREQ=DAILY;COUNT=2", start=datetime(2026, 1, 1, 8), zone=ZoneInfo("UTC"))
    assert rule.next_after(datetime(2026, 1, 1, 9, tzinfo=UTC)) == datetime(2026, 1, 2, 8, tzinfo=UTC)
    assert rule.next_after(datetime(2026, 1, 3, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=3;BYMINUTE=0",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;BYSETPOS=5",
        "FREQ=DAILY;COUNT=99999999",
        "FREQ=DAILY;INTERVAL=-1",
    ],
)
def test_rules_that_would_be_walked_for_minutes_are_refused_at_once(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(Refused):
        recurrence(text, start=datetime(2026, 1, 5, 8, 0), zone=ZoneInfo("Europe/Berlin"))
    assert time.monotonic() - began < 5


def test_a_last_day_of_time_is_no_start() -> None:
    with pytest.raises(Refused):
        recurrence("FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2", start=datetime(9999, 12, 1), zone=ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("FREQ=MINUTELY;INTERVAL=15", datetime(2026, 12, 1, 0, 15, tzinfo=UTC)),
        ("FREQ=DAILY;INTERVAL=3", datetime(2026, 12, 2, 0, 0, tzinfo=UTC)),
        ("FREQ=HOURLY;INTERVAL=5", datetime(2026, 12, 1, 5, 0, tzinfo=UTC)),
    ],
)
def test_a_rule_that_began_long_ago_is_not_walked_from_there(text: str, wanted: datetime) -> None:
    began = time.monotonic()
    rule = recurrence(text, start=datetime(1900, 1, 1), zone=ZoneInfo("UTC"))
    assert rule.next_after(datetime(2026, 12, 1, tzinfo=UTC)) == wanted
    assert time.monotonic() - began < 5
