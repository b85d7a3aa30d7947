"""Recurrence rules (RFC 5545) on the wall clock of a time zone, so that each occurrence happens exactly once all year.

The rule is expanded in local time; a time that clocks skip moves forward by the gap, one that they repeat is the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from apps.core.errors import Refused

MAX_LENGTH = 300
MOST_STEPS = 20_000
LEAST_GAP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A checked rule with its first local time and its zone."""

    text: str
    start: datetime  # local, without zone
    zone: ZoneInfo

    def occurrences(self, after: datetime) -> Iterator[datetime]:
        """Occurrences later than the aware instant `after`, in UTC, ascending; bounded for rules that hardly ever match."""
        rule = _rule(self.text, self.start)
        floor = after.astimezone(self.zone).replace(tzinfo=None) - timedelta(days=1)
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
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise Refused(f"“{text[:40]}” is no recurrence rule. {help_text}", code="bad_rrule", field=field) from error
    found = Recurrence(cleaned, start, zone)
    first = list(islice(found.occurrences(instant_of(start, zone) - timedelta(seconds=1)), 20))
    if "SECONDLY" in cleaned or any(later - earlier < LEAST_GAP for earlier, later in pairwise(first)):
        raise Refused("Leave at least 15 minutes between two times.", code="too_often", field=field)
    if not first:
        raise Refused("This rule never comes true. Change it.", code="never", field=field)
    return found


def _rule(text: str, start: datetime) -> rrule | rruleset:
    # Rules end in the same kind of time as they start in: local.
    return rrulestr(text.replace("Z;", ";").removesuffix("Z"), dtstart=start, cache=False)
