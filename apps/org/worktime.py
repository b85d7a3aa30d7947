"""Working days and working time of a calendar: pure arithmetic on hours by weekday and days off.

Hours are seven lists, Monday first, each of ["06:00", "14:00"] pairs on the wall clock of the calendar's zone; an end of
"24:00" or before its beginning runs past midnight into the next day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_DAYS = 3660
Hours = Sequence[Sequence[Sequence[str]]]
ALWAYS: Hours = [[["00:00", "24:00"]]] * 7


@dataclass(frozen=True)
class Worktime:
    """A calendar ready to count with."""

    hours: Hours
    zone: ZoneInfo
    days_off: Collection[date] = field(default_factory=frozenset)

    def works_on(self, day: date) -> bool:
        return bool(self.hours[day.weekday()]) and day not in self.days_off if self.hours else day not in self.days_off

    def next_working_day(self, day: date) -> date:
        """The day itself when it works, else the next that does; the day itself when none does within ten years."""
        for ahead in range(MOST_DAYS):
            if self.works_on(day + timedelta(days=ahead)):
                return day + timedelta(days=ahead)
        return day

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working stretches in UTC from the aware instant `start` on, ascending."""
        first = start.astimezone(self.zone).date() - timedelta(days=1)
        for ahead in range(MOST_DAYS):
            day = first + timedelta(days=ahead)
            if not self.works_on(day):
                continue
            for opens, closes in self.hours[day.weekday()] if self.hours else ALWAYS[0]:
                begin, end = _at(day, opens, self.zone), _at(day, closes, self.zone)
                if end <= begin:
                    end = _at(day + timedelta(days=1), closes, self.zone)
                if end > start:
                    yield max(begin, start), end

    def after(self, start: datetime, working: timedelta) -> datetime:
        """The instant at which `working` time has passed since `start`; exactly at closing time it stays on that day."""
        left = working
        last = start.astimezone(UTC)
        for begin, end in self.spans(start):
            if not left and begin > start:
                return begin
            if end - begin >= left:
                return begin + left
            left -= end - begin
            last = end
        return last

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from one instant to a later one."""
        passed = timedelta(0)
        for begin, stop in self.spans(start):
            if begin >= end:
                break
            passed += min(stop, end) - begin
        return passed


def _at(day: date, text: str, zone: ZoneInfo) -> datetime:
    if text == "24:00":
        return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)
    return datetime.combine(day, time.fromisoformat(text), zone).astimezone(UTC)
