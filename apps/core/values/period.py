"""Reporting periods in a time zone, so that every instant falls into exactly one hour, day, week, month, quarter or year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from apps.core.errors import Refused

MOMENT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
KEY_HELP = "Write a period like 2026-11-24, 2026-W47, 2026-11, 2026-Q4 or 2026."


class Grain(StrEnum):
    """Length of a period."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to but not including `end` (both UTC); `first` is the local date it starts on.

    A day has 23 or 25 hours where clocks change. Hours are counted from the start of the local day.
    Make one by `containing`, `parse` or from a neighbour, never by hand.
    """

    grain: Grain
    start: datetime
    end: datetime
    first: date
    zone: ZoneInfo

    @classmethod
    def containing(cls, at: datetime, zone: ZoneInfo, grain: Grain | str) -> Period:
        """The period of `grain` in which the aware instant `at` lies."""
        if at.tzinfo is None:
            raise TypeError("A period needs an instant with a time zone.")
        at, grain = at.astimezone(UTC), Grain(grain)
        if grain is Grain.HOUR:
            day = cls.containing(at, zone, Grain.DAY)
            start = day.start + (at - day.start) // HOUR * HOUR
            return cls(grain, start, min(start + HOUR, day.end), day.first, zone)
        period = cls._of_date(at.astimezone(zone).date(), zone, grain)
        # Where clocks change at midnight, one local date can name two stretches: the boundary decides.
        while at < period.start:
            period = cls._of_date(period.first - timedelta(days=1), zone, grain)
        while at >= period.end:
            period = cls._of_date(_after(period.first, grain), zone, grain)
        return period

    @classmethod
    def _of_date(cls, day: date, zone: ZoneInfo, grain: Grain) -> Period:
        first = _first(day, grain)
        return cls(grain, _midnight(first, zone), _midnight(_after(first, grain), zone), first, zone)

    @classmethod
    def parse(cls, key: str, zone: ZoneInfo) -> Period:
        """The period of a key as `key` prints it; refuses a date that does not exist."""
        try:
            if "T" in key:
                period = cls.containing(datetime.fromisoformat(key), zone, Grain.HOUR)
            else:
                period = cls._of_date(*_date_and_grain(key, zone))
        except (ValueError, TypeError, OverflowError):
            period = None
        if period is None or period.key != key or period.start == period.end:
            raise Refused(f"“{key[:30]}” is no period. {KEY_HELP}", code="bad_period", field="period")
        return period

    @classmethod
    def between(cls, start: datetime, end: datetime, zone: ZoneInfo, grain: Grain | str) -> Iterator[Period]:
        """Every period that shares an instant with start <= instant < end, in order."""
        if start >= end:
            return
        period = cls.containing(start, zone, grain)
        while period.start < end:
            yield period
            period = period.next()

    def next(self) -> Period:
        return self.containing(self.end, self.zone, self.grain)

    def previous(self) -> Period:
        return self.containing(self.start - MOMENT, self.zone, self.grain)

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end

    @property
    def last(self) -> date:
        """The last local date in it."""
        return self.first if self.grain is Grain.HOUR else _after(self.first, self.grain) - timedelta(days=1)

    @property
    def key(self) -> str:
        """Short, sortable within a grain, and read back by `parse`."""
        first = self.first
        match self.grain:
            case Grain.HOUR:
                return self.start.astimezone(self.zone).isoformat(timespec="minutes")
            case Grain.DAY:
                return first.isoformat()
            case Grain.WEEK:
                year, week, _ = first.isocalendar()
                return f"{year:04}-W{week:02}"
            case Grain.MONTH:
                return f"{first.year:04}-{first.month:02}"
            case Grain.QUARTER:
                return f"{first.year:04}-Q{(first.month + 2) // 3}"
            case Grain.YEAR:
                return f"{first.year:04}"

    @property
    def label(self) -> str:
        """For people: “Week 47, 2026”."""
        first = self.first
        match self.grain:
            case Grain.HOUR:
                start, end = (at.astimezone(self.zone) for at in (self.start, self.end))
                return f"{start.day} {start:%b %Y}, {start:%H:%M}–{end:%H:%M}"
            case Grain.DAY:
                return f"{first.day} {first:%b %Y}"
            case Grain.WEEK:
                year, week, _ = first.isocalendar()
                return f"Week {week}, {year}"
            case Grain.MONTH:
                return f"{first:%B %Y}"
            case Grain.QUARTER:
                return f"Quarter {(first.month + 2) // 3}, {first.year}"
            case Grain.YEAR:
                return f"{first.year}"

    def __str__(self) -> str:
        return self.label


def _first(day: date, grain: Grain) -> date:
    match grain:
        case Grain.WEEK:
            return day - timedelta(days=day.weekday())
        case Grain.MONTH:
            return day.replace(day=1)
        case Grain.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Grain.YEAR:
            return day.replace(month=1, day=1)
    return day


def _after(first: date, grain: Grain) -> date:
    match grain:
        case Grain.WEEK:
            return first + timedelta(days=7)
        case Grain.MONTH | Grain.QUARTER | Grain.YEAR:
            months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain]
            index = first.year * 12 + first.month - 1 + months
            return date(index // 12, index % 12 + 1, 1)
    return first + timedelta(days=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _date_and_grain(key: str, zone: ZoneInfo) -> tuple[date, ZoneInfo, Grain]:
    if found := re.fullmatch(r"(\d{4})-W(\d{2})", key):
        return date.fromisocalendar(int(found[1]), int(found[2]), 1), zone, Grain.WEEK
    if found := re.fullmatch(r"(\d{4})-Q([1-4])", key):
        return date(int(found[1]), int(found[2]) * 3 - 2, 1), zone, Grain.QUARTER
    if found := re.fullmatch(r"(\d{4})-(\d{2})", key):
        return date(int(found[1]), int(found[2]), 1), zone, Grain.MONTH
    if found := re.fullmatch(r"\d{4}", key):
        return date(int(key), 1, 1), zone, Grain.YEAR
    return date.fromisoformat(key), zone, Grain.DAY
