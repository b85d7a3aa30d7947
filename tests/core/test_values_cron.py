"""Cron expressions become recurrence rules with the same times, and nonsense is refused with its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from apps.core.errors import Refused
from apps.core.values.cron import rrule_of
from apps.core.values.recurrence import recurrence

START = datetime(2026, 3, 1)


def matches(text: str, at: datetime) -> bool:
    """An independent reading of the five fields."""

    def field(part: str, value: int, least: int, most: int) -> bool:
        for one in part.split(","):
            span, _, step = one.partition("/")
            low, _, high = (f"{least}-{most}" if span == "*" else span).partition("-")
            top = int(high) if high else (most if step else int(low))
            if value in range(int(low), top + 1, int(step or 1)):
                return True
        return False

    minute, hour, day, month, weekday = text.split()
    sunday = at.isoweekday() % 7
    return (
        field(minute, at.minute, 0, 59)
        and field(hour, at.hour, 0, 23)
        and field(day, at.day, 1, 31)
        and field(month, at.month, 1, 12)
        and (field(weekday, sunday, 0, 6) or (sunday == 0 and field(weekday, 7, 0, 7)))
    )


@pytest.mark.parametrize(
    "text",
    [
        "0 7 * * 1-5",
        "*/15 6-8 * * *",
        "30 0 1 * *",
        "0 12 29 2 *",
        "0,45 22 * 3,6 *",
        "15 5/6 * * 0",
        "0 0 */10 * *",
        "0 9 * * 7",
    ],
)
def test_the_times_are_those_of_cron(text: str) -> None:
    rule = recurrence(rrule_of(text), start=START, zone=ZoneInfo("UTC"))
    found = list(islice(rule.occurrences(START.replace(tzinfo=UTC) - timedelta(seconds=1)), 60))
    at, expected = START.replace(tzinfo=UTC), []
    while len(expected) < 60 and at < datetime(2027, 1, 1, tzinfo=UTC):
        if matches(text, at):
            expected.append(at)
        at += timedelta(minutes=15)
    assert found[: len(expected)] == expected


def test_names_and_nicknames() -> None:
    assert rrule_of("0 7 * jan mon-fri").startswith("FREQ=DAILY;BYMONTH=1;BYDAY=MO,TU,WE,TH,FR;BYHOUR=7;BYMINUTE=0")
    assert rrule_of("@weekly") == rrule_of("0 0 * * 0")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_each_day_once_when_clocks_change(zone: str) -> None:
    rule = recurrence(rrule_of("30 2 * * *"), start=datetime(2026, 1, 1), zone=ZoneInfo(zone))
    found = list(islice(rule.occurrences(datetime(2025, 12, 31, 12, tzinfo=UTC)), 365))
    assert len({at.astimezone(ZoneInfo(zone)).date() for at in found}) == 365


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("61 * * * *", "no minute"),
        ("* 24 * * *", "no hour"),
        ("0 0 0 * *", "no day"),
        ("0 0 * 13 *", "no month"),
        ("0 0 1 * 1", "either of them"),
        ("*/0 * * * *", "steps by nothing"),
        ("0 0 * * mon#2", "no weekday"),
        ("0 0 * *", "no cron expression"),
        ("5-1 * * * *", "no minute"),
    ],
)
def test_nonsense_is_refused(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        rrule_of(text)
