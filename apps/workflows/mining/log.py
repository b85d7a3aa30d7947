"""An event log and its figures: variants, throughput, what follows what, rework, and work by activity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from statistics import fmean, median


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a case. `end` is when the activity was done, `start` when it began, if that is known."""

    activity: str
    end: datetime
    start: datetime | None = None
    resource: str = ""

    @property
    def begin(self) -> datetime:
        return self.start or self.end


@dataclass(frozen=True, slots=True)
class Trace:
    case: str
    events: tuple[Happened, ...]

    @property
    def variant(self) -> tuple[str, ...]:
        return tuple(one.activity for one in self.events)

    @property
    def seconds(self) -> float:
        """From the first beginning to the last end."""
        return (self.events[-1].end - min(one.begin for one in self.events)).total_seconds()

    @property
    def reworked(self) -> bool:
        return len(set(self.variant)) < len(self.events)


def traces_of(rows: Iterable[tuple[str, Happened]]) -> list[Trace]:
    """Events by case in the order in which they were done; ties keep the order of the file."""
    found: dict[str, list[Happened]] = {}
    for case, one in rows:
        found.setdefault(case, []).append(one)
    return [Trace(case, tuple(sorted(events, key=lambda one: one.end))) for case, events in found.items()]


@dataclass(frozen=True, slots=True)
class Follows:
    """How often one activity came right after another, and the seconds between them."""

    before: str
    after: str
    count: int
    mean_seconds: float
    median_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds throughout; p90 by linear interpolation between the nearest ranks."""

    events: int = 0
    cases: int = 0
    activities: tuple[tuple[str, int], ...] = ()
    variants: tuple[tuple[tuple[str, ...], int], ...] = ()
    starts: tuple[tuple[str, int], ...] = ()
    ends: tuple[tuple[str, int], ...] = ()
    mean_seconds: float = 0.0
    median_seconds: float = 0.0
    p90_seconds: float = 0.0
    follows: tuple[Follows, ...] = ()
    reworked: int = 0
    resources: tuple[tuple[str, int], ...] = ()
    work_seconds: dict[str, float] = field(default_factory=dict)


def figures(traces: Sequence[Trace]) -> Figures:
    """Everything a process analyst asks of a log first."""
    if not traces:
        return Figures()
    events = [one for trace in traces for one in trace.events]
    seconds = [trace.seconds for trace in traces]
    worked: Counter[str] = Counter()
    for one in events:
        if one.start is not None:
            worked[one.activity] += (one.end - one.start).total_seconds()  # type: ignore[assignment]
    return Figures(
        events=len(events),
        cases=len(traces),
        activities=_ranked(one.activity for one in events),
        variants=tuple(Counter(trace.variant for trace in traces).most_common()),
        starts=_ranked(trace.events[0].activity for trace in traces),
        ends=_ranked(trace.events[-1].activity for trace in traces),
        mean_seconds=fmean(seconds),
        median_seconds=median(seconds),
        p90_seconds=quantile(seconds, 0.9),
        follows=_follows(traces),
        reworked=sum(trace.reworked for trace in traces),
        resources=_ranked(one.resource for one in events if one.resource),
        work_seconds=dict(worked),
    )


def _ranked(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(words).most_common())


def _follows(traces: Sequence[Trace]) -> tuple[Follows, ...]:
    """Between the times at which two events in a row were done."""
    gaps: dict[tuple[str, str], list[float]] = {}
    for trace in traces:
        for one, other in pairwise(trace.events):
            gaps.setdefault((one.activity, other.activity), []).append((other.end - one.end).total_seconds())
    found = [Follows(*pair, len(gap), fmean(gap), median(gap)) for pair, gap in gaps.items()]
    return tuple(sorted(found, key=lambda one: (-one.count, one.before, one.after)))


def quantile(values: Sequence[float], share: float) -> float:
    """Linear interpolation between ranks, as most statistics packages do by default."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
