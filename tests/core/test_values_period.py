"""Periods partition time without gap or overlap, in zones with every kind of clock change."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import Refused
from apps.core.values import Grain, Period

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Stockholm",
        "America/New_York",
        "America/Sao_Paulo",  # clocks changed at midnight
        "America/St_Johns",  # clocks changed one minute past midnight, half-hour offset
        "Australia/Lord_Howe",  # half-hour change
        "Asia/Kathmandu",
        "Pacific/Apia",  # skipped 30 December 2011
        "Africa/Monrovia",  # offset with seconds until 1972
    )
]
FROM, TO = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 31), timezones=st.just(UTC))


def at(text: str, zone: ZoneInfo = STOCKHOLM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize("grain", [Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR])
@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_long_periods_tile_130_years(zone: ZoneInfo, grain: Grain) -> None:
    _assert_tiles(list(Period.between(FROM, TO, zone, grain)))


@pytest.mark.parametrize("zone", [ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia")], ids=str)
def test_days_tile_130_years(zone: ZoneInfo) -> None:
    _assert_tiles(list(Period.between(FROM, TO, zone, Grain.DAY)))


def _assert_tiles(periods: list[Period]) -> None:
    assert periods[0].start <= FROM < periods[0].end
    assert periods[-1].start < TO <= periods[-1].end
    assert all(before.end == after.start for before, after in itertools.pairwise(periods))
    assert all(period.start < period.end for period in periods)
    assert len({period.key for period in periods}) == len(periods)


@settings(max_examples=300, deadline=None)
@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(list(Grain)))
def test_any_instant_lies_in_its_period_and_neighbours_touch(instant: datetime, zone: ZoneInfo, grain: Grain) -> None:
    period = Period.containing(instant, zone, grain)
    assert instant in period
    assert period.next().start == period.end
    assert period.previous().end == period.start
    assert period.next().previous() == period
    assert Period.parse(period.key, zone) == period


def test_days_of_23_24_and_25_hours() -> None:
    lengths = {
        text: sum(1 for _ in Period.between(*_bounds(Period.parse(text, STOCKHOLM)), STOCKHOLM, Grain.HOUR))
        for text in ("2026-03-29", "2026-06-01", "2026-10-25")
    }
    assert lengths == {"2026-03-29": 23, "2026-06-01": 24, "2026-10-25": 25}


def _bounds(period: Period) -> tuple[datetime, datetime]:
    return period.start, period.end


def test_week_follows_iso_8601_at_the_turn_of_the_year() -> None:
    week = Period.containing(at("2027-01-01T12:00"), STOCKHOLM, "week")
    assert (week.key, week.label) == ("2026-W53", "Week 53, 2026")
    assert (week.first.isoformat(), week.last.isoformat()) == ("2026-12-28", "2027-01-03")
    assert week.start == datetime(2026, 12, 27, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("grain", "key", "label"),
    [
        ("hour", "2026-11-24T05:00+01:00", "24 Nov 2026, 05:00–06:00"),
        ("day", "2026-11-24", "24 Nov 2026"),
        ("week", "2026-W48", "Week 48, 2026"),
        ("month", "2026-11", "November 2026"),
        ("quarter", "2026-Q4", "Quarter 4, 2026"),
        ("year", "2026", "2026"),
    ],
)
def test_keys_and_labels(grain: str, key: str, label: str) -> None:
    period = Period.containing(at("2026-11-24T05:29"), STOCKHOLM, grain)
    assert (period.key, period.label) == (key, label)


def test_the_two_hours_of_the_same_name_have_two_keys() -> None:
    first = Period.parse("2026-10-25T02:00+02:00", STOCKHOLM)
    assert first.next().key == "2026-10-25T02:00+01:00"
    assert first.end - first.start == timedelta(hours=1)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "2026-W54",
        "2025-W53",
        "2026-13",
        "2026-02-30",
        "2026-Q5",
        "26",
        "2026-11-24T05:30+01:00",
        "²026",
        "x" * 9999,
    ],
)
def test_periods_that_do_not_exist_are_refused(key: str) -> None:
    with pytest.raises(Refused, match="is no period"):
        Period.parse(key, STOCKHOLM)


def test_a_day_the_calendar_skipped_is_refused() -> None:
    apia = ZoneInfo("Pacific/Apia")
    with pytest.raises(Refused):
        Period.parse("2011-12-30", apia)
    assert Period.parse("2011-12-29", apia).next().key == "2011-12-31"


def test_an_instant_without_zone_is_a_bug() -> None:
    with pytest.raises(TypeError):
        Period.containing(datetime(2026, 1, 1), STOCKHOLM, "day")
