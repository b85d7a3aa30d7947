"""ISO 8601 dates, durations and cycles of timers."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apps.workflows.bpmn.model import EventDefinition

DURATION = re.compile(
    r"P(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?"
)
CYCLE = re.compile(r"R(?P<times>\d{0,4})/(?:(?P<start>[^/]+)/)?(?P<every>P[^/]+)")
FOREVER = -1


@dataclass(frozen=True, slots=True)
class Duration:
    """Months are calendar months; the rest is an exact number of seconds."""

    months: int = 0
    seconds: int = 0

    def after(self, moment: datetime) -> datetime:
        at = moment.month - 1 + self.months
        year, month = moment.year + at // 12, at % 12 + 1
        day = min(moment.day, monthrange(year, month)[1])
        return moment.replace(year=year, month=month, day=day) + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Cycle:
    times: int
    every: Duration
    start: datetime | None = None


def duration(text: str) -> Duration | None:
    match = DURATION.fullmatch(text.strip())
    if match is None or text.strip() in ("P", "PT") or text.strip().endswith("T"):
        return None
    part = {name: int(value or 0) for name, value in match.groupdict().items()}
    days = part["weeks"] * 7 + part["days"]
    seconds = days * 86_400 + part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"]
    return Duration(part["years"] * 12 + part["months"], seconds)


def moment(text: str) -> datetime | None:
    """A date with or without a time; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def cycle(text: str) -> Cycle | None:
    match = CYCLE.fullmatch(text.strip())
    every = duration(match["every"]) if match is not None else None
    if match is None or every is None or every == Duration():
        return None
    start = moment(match["start"]) if match["start"] else None
    if match["start"] and start is None:
        return None
    return Cycle(int(match["times"]) if match["times"] else FOREVER, every, start)


def is_timer(event: EventDefinition) -> bool:
    """Whether the event's own text says when, without a formula."""
    reader = {"date": moment, "duration": duration, "cycle": cycle}.get(event.timer)
    return reader is not None and reader(event.text) is not None
