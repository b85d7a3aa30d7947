"""Recurrence rules (RFC 5545) on the wall clock of a time zone, so that each occurrence happens exactly once all year.

The rule is expanded in local time; a time that clocks skip moves forward by the gap, one that they repeat is the first.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from apps.core.errors import Refused

MAX_LENGTH = 300
MOST_STEPS = 20_000
MOST_COUNT = 10_000
YEARS_TRIED = 30
LEAST_GAP = timedelta(minutes=15)
DAY = timedelta(days=1)
# Rules of these frequencies are walked one step at a time, so their steps must lead somewhere soon.
STEPS = {"DAILY": DAY, "HOURLY": timedelta(hours=1), "MINUTELY": timedelta(minutes=1)}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
OF_THE_DATE = ("BYMONTH", "BYMONTHDAY", "BYDAY")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A checked rule with its first local time and its zone."""

    text: str
    start: datetime  # local, without zone
    zone: ZoneInfo

    def occurrences(self, after: datetime) -> Iterator[datetime]:
        """Occurrences later than the aware instant `after`, in UTC, ascending; bounded for rules that hardly ever match."""
        floor = after.astimezone(self.zone).replace(tzinfo=None) - DAY
        rule = _rule(self.text, _nearer(self.text, self.start, floor))
        for step, local in enumerate(rule.xafter(floor, inc=True)):
            if step > MOST_STEPS:
                return
            at = instant_of(local, self.zone)
            if at > after:
                yield at

    def next_after(self, after: datetime) -> datetime | None:
        """The next occurrence, or None when the rule has ended."""
        return next(self.occurrences(after), None)


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock time: skipped times move past the gap, repeated ones are the first of the two."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def recurrence(text: str, *, start: datetime, zone: ZoneInfo, field: str = "rrule") -> Recurrence:
    """Check a rule such as FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0. `start` is the first local time, without zone.

    Refuses what is no rule, times less than 15 minutes apart, and rules that never match.
    """
    cleaned = text.strip().removeprefix("RRULE:").upper()
    help_text = "Write a rule such as FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0."
    if len(cleaned) > MAX_LENGTH or "FREQ=" not in cleaned or "\n" in cleaned:
        raise Refused(f"“{text[:40]}” is no recurrence rule. {help_text}", code="bad_rrule", field=field)
    try:
        _rule(cleaned, start)
        _check_days(cleaned, start, field)
        found = Recurrence(cleaned, start, zone)
        first = list(islice(found.occurrences(instant_of(start, zone) - timedelta(seconds=1)), 20))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise Refused(f"“{text[:40]}” is no recurrence rule. {help_text}", code="bad_rrule", field=field) from error
    if "SECONDLY" in cleaned or any(later - earlier < LEAST_GAP for earlier, later in pairwise(first)):
        raise Refused("Leave at least 15 minutes between two times.", code="too_often", field=field)
    if not first:
        raise _never(field)
    return found


def _never(field: str) -> Refused:
    return Refused("This rule never comes true. Change it.", code="never", field=field)


def _parts(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in text.split(";")) if value}


def _step(parts: dict[str, str]) -> timedelta | None:
    unit = STEPS.get(parts.get("FREQ", ""))
    return None if unit is None else unit * min(int(parts.get("INTERVAL", 1)), 1_000_000)


def _nearer(text: str, start: datetime, floor: datetime) -> datetime:
    """The rule's start moved on by whole steps to shortly before `floor`, so that long series are not walked anew."""
    parts = _parts(text)
    step = _step(parts)
    if not step or "COUNT" in parts or start >= floor:
        return start
    return start + (floor - start) // step * step


def _check_days(text: str, start: datetime, field: str) -> None:
    """Refuses rules that would be walked for minutes: dates that do not exist, or minutes of one day in years."""
    parts = _parts(text)
    if int(parts.get("INTERVAL", 1)) < 1:
        raise ValueError("INTERVAL")
    if int(parts.get("COUNT", 0)) > MOST_COUNT:
        raise Refused(f"COUNT goes to {MOST_COUNT}. Use UNTIL for more.", code="bad_rrule", field=field)
    step = _step(parts)
    if parts.get("FREQ") == "WEEKLY" and "BYMONTHDAY" in parts:
        raise Refused("Days of a month go with FREQ=MONTHLY or FREQ=DAILY.", code="bad_rrule", field=field)
    if not step:
        return
    if "BYSETPOS" in parts or (step < DAY and {"BYMONTH", "BYMONTHDAY"} & parts.keys()) or _of_the_year(parts):
        raise Refused(
            "Choose days of a month or year with FREQ=DAILY, FREQ=MONTHLY or FREQ=YEARLY and the times with BYHOUR "
            "and BYMINUTE.",
            code="bad_rrule",
            field=field,
        )
    if any(name in parts for name in OF_THE_DATE) and not _a_day_fits(parts, start, max(step, DAY)):
        raise _never(field)


def _of_the_year(parts: dict[str, str]) -> bool:
    return bool({"BYYEARDAY", "BYWEEKNO", "BYEASTER"} & parts.keys())


def _a_day_fits(parts: dict[str, str], start: datetime, step: timedelta) -> bool:
    months, days = ({int(one) for one in parts.get(name, "").split(",") if one} for name in ("BYMONTH", "BYMONTHDAY"))
    weekdays = {one.lstrip("+-0123456789") for one in parts.get("BYDAY", "").split(",") if one}
    day, end = start, start + YEARS_TRIED * 366 * DAY
    while day < end:
        last = monthrange(day.year, day.month)[1]
        if (
            (not months or day.month in months)
            and (not days or days & {day.day, day.day - last - 1})
            and (not weekdays or WEEKDAYS[day.weekday()] in weekdays)
        ):
            return True
        day += step
    return False


def _rule(text: str, start: datetime) -> rrule | rruleset:
    # Rules end in the same kind of time as they start in: local.
    return rrulestr(text.replace("Z;", ";").removesuffix("Z"), dtstart=start, cache=False)
