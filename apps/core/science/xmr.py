"""XmR (individuals and moving range) charts, so that every indicator tells signal from noise by one definition.

Source: D. J. Wheeler, "Understanding Variation" (2.66 and 3.267 are 3/d2 and D4 for moving ranges of two);
flags and verdicts follow NHS England's "Making Data Count" definitions.
Values and limits share the unit of the indicator; everything is computed in double precision.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from apps.core.errors import Refused

LIMIT_FACTOR = 2.66
RANGE_FACTOR = 3.267
RUN = 7
MEANINGS = (
    "No signal",
    "A point {side} the process limits",
    "7 points in a row that {way}",
    "2 of 3 points in the outer third {side} the mean",
    "7 points in a row {side} the mean",
)


class Direction(StrEnum):
    """Which way the indicator should go."""

    INCREASE = "increase"
    DECREASE = "decrease"
    NEUTRAL = "neutral"


class Variation(StrEnum):
    """What kind of variation a point shows, seen from the wanted direction."""

    COMMON_CAUSE = "common_cause"
    IMPROVEMENT = "special_cause_improvement"
    CONCERN = "special_cause_concern"
    NEUTRAL_HIGH = "special_cause_neutral_high"
    NEUTRAL_LOW = "special_cause_neutral_low"


class Assurance(StrEnum):
    """Whether the process, as it runs now, will meet its target."""

    CONSISTENT_PASS = "consistent_pass"
    CONSISTENT_FAIL = "consistent_fail"
    INCONSISTENT = "inconsistent"


class Flag(StrEnum):
    """The rule that fired on a point; where several fire, the first in this order is told."""

    ABOVE_LIMIT = "Above UCL"
    BELOW_LIMIT = "Below LCL"
    TREND_UP = "7 Point Trend (Increasing)"
    TREND_DOWN = "7 Point Trend (Decreasing)"
    TWO_OF_THREE_HIGH = "2 in 3 Above CL"
    TWO_OF_THREE_LOW = "2 in 3 Below CL"
    RUN_HIGH = "7 Points Above CL"
    RUN_LOW = "7 Points Below CL"
    NONE = "Common Cause"

    @property
    def side(self) -> int:
        """+1 when the flag points up, -1 when it points down, 0 without a signal."""
        if self is Flag.NONE:
            return 0
        return 1 if "Above" in self.value or "Increasing" in self.value else -1

    @property
    def rule(self) -> int:
        """1 to 4 in order of weight, 0 without a signal."""
        return 0 if self is Flag.NONE else list(Flag).index(self) // 2 + 1

    @property
    def meaning(self) -> str:
        """The rule in words."""
        return MEANINGS[self.rule].format(
            side="above" if self.side > 0 else "below", way="rise" if self.side > 0 else "fall"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One stretch of the process with its own limits; `mean_range` is None where there is no moving range at all."""

    start: int
    stop: int
    mean: float
    mean_range: float | None

    def _around_mean(self, factor: float) -> float | None:
        return None if self.mean_range is None else self.mean + factor * self.mean_range

    @property
    def lower(self) -> float | None:
        return self._around_mean(-LIMIT_FACTOR)

    @property
    def upper(self) -> float | None:
        return self._around_mean(LIMIT_FACTOR)

    @property
    def near_lower(self) -> float | None:
        return self._around_mean(-2 * (LIMIT_FACTOR / 3))

    @property
    def near_upper(self) -> float | None:
        return self._around_mean(2 * (LIMIT_FACTOR / 3))

    @property
    def range_limit(self) -> float | None:
        return None if self.mean_range is None else RANGE_FACTOR * self.mean_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value with the limits that hold for it; `moving_range` is None for the first value of a segment."""

    value: float
    moving_range: float | None
    segment: Segment
    flag: Flag
    variation: Variation


@dataclass(frozen=True, slots=True, kw_only=True)
class XmrChart:
    """The whole chart; the last segment speaks for the process as it runs now."""

    points: tuple[Point, ...]
    segments: tuple[Segment, ...]
    assurance: Assurance | None

    @property
    def now(self) -> Segment:
        return self.segments[-1]

    @property
    def variation(self) -> Variation:
        return self.points[-1].variation


def xmr_chart(
    values: Sequence[float],
    *,
    direction: Direction | str = Direction.NEUTRAL,
    target: float | None = None,
    baseline: int | None = None,
    breaks: Sequence[int] = (),
    screen: bool = True,
) -> XmrChart:
    """Limits, flags and verdicts for `values` in time order.

    values: n finite numbers without gaps (leave missing periods out). target: same unit.
    baseline: limits come from the first `baseline` points of each segment; None takes all its points.
    breaks: indices at which a new segment starts (a deliberate change of the process).
    screen: leave moving ranges of 3.267 times their average or more out of the average, once.
    Refuses an empty series, a value that is no finite number, a baseline under 2, a break outside the series.
    """
    series = [float(value) for value in values]
    _check(series, baseline, breaks)
    wanted = Direction(direction)
    bounds = [0, *sorted(set(breaks)), len(series)]
    points: list[Point] = []
    segments: list[Segment] = []
    for start, stop in pairwise(bounds):
        segment = _segment(series[start:stop], start, baseline, screen)
        segments.append(segment)
        points.extend(_points(series[start:stop], segment, wanted))
    return XmrChart(
        points=tuple(points), segments=tuple(segments), assurance=assurance_of(segments[-1], wanted, target)
    )


def assurance_of(segment: Segment, direction: Direction, target: float | None) -> Assurance | None:
    """Whether limits clear the target on the good side, the bad side or neither; None without target or direction."""
    if target is None or direction is Direction.NEUTRAL:
        return None
    if segment.upper is not None and target > segment.upper:
        return Assurance.CONSISTENT_FAIL if direction is Direction.INCREASE else Assurance.CONSISTENT_PASS
    if segment.lower is not None and target < segment.lower:
        return Assurance.CONSISTENT_PASS if direction is Direction.INCREASE else Assurance.CONSISTENT_FAIL
    return Assurance.INCONSISTENT


def _check(series: list[float], baseline: int | None, breaks: Sequence[int]) -> None:
    if not series:
        raise Refused("There are no values to chart. Record at least one value.", code="no_values")
    for position, value in enumerate(series, start=1):
        if not math.isfinite(value):
            raise Refused(f"Value {position} is not a number. Leave periods without a value out.", code="not_a_number")
    if baseline is not None and baseline < 2:
        raise Refused("A baseline needs at least 2 points.", code="baseline_too_short", field="baseline")
    if any(not 0 < index < len(series) for index in breaks):
        raise Refused(
            f"A process change must lie after the first and at or before the last of the {len(series)} points.",
            code="break_outside",
            field="breaks",
        )


def _segment(series: list[float], start: int, baseline: int | None, screen: bool) -> Segment:
    base = series[:baseline]
    ranges = _moving_ranges(base)
    mean_range = math.fsum(ranges) / len(ranges) if ranges else None
    if screen and mean_range is not None:
        kept = [r for r in ranges if r < RANGE_FACTOR * mean_range]
        # A constant series keeps none (0 is not below 0): its average range stays 0.
        mean_range = math.fsum(kept) / len(kept) if kept else mean_range
    return Segment(start=start, stop=start + len(series), mean=math.fsum(base) / len(base), mean_range=mean_range)


def _moving_ranges(series: Sequence[float]) -> list[float]:
    return [abs(later - earlier) for earlier, later in pairwise(series)]


def _points(series: list[float], segment: Segment, direction: Direction) -> list[Point]:
    ranges: list[float | None] = [None, *_moving_ranges(series)]
    return [
        Point(value=value, moving_range=moved, segment=segment, flag=flag, variation=variation_of(flag, direction))
        for value, moved, flag in zip(series, ranges, _flags(series, segment), strict=True)
    ]


def variation_of(flag: Flag, direction: Direction) -> Variation:
    """A flag seen from the wanted direction."""
    if flag.side == 0:
        return Variation.COMMON_CAUSE
    if direction is Direction.NEUTRAL:
        return Variation.NEUTRAL_HIGH if flag.side > 0 else Variation.NEUTRAL_LOW
    good = flag.side == (1 if direction is Direction.INCREASE else -1)
    return Variation.IMPROVEMENT if good else Variation.CONCERN


def _flags(series: list[float], segment: Segment) -> list[Flag]:
    sides = [_sign(value - segment.mean) for value in series]
    outside = [_beyond(value, segment.lower, segment.upper) for value in series]
    near = [
        not out and _beyond(value, segment.near_lower, segment.near_upper)
        for value, out in zip(series, outside, strict=True)
    ]
    steps = [_sign(later - earlier) for earlier, later in pairwise(series)]
    trend = _members(len(series), [i for i in range(len(series) - RUN + 1) if _same(steps[i : i + RUN - 1])], RUN)
    run = _members(len(series), [i for i in range(len(series) - RUN + 1) if _same(sides[i : i + RUN])], RUN)
    threes = range(len(series) - 2)
    two_in_three = _members(
        len(series), [i for i in threes if sum(near[i : i + 3]) >= 2 and _same(sides[i : i + 3])], 3
    )
    flags = []
    for i, side in enumerate(sides):
        high = side > 0
        if outside[i]:
            flags.append(Flag.ABOVE_LIMIT if high else Flag.BELOW_LIMIT)
        elif trend[i]:
            flags.append(Flag.TREND_UP if _trend_step(i, trend, steps) > 0 else Flag.TREND_DOWN)
        elif two_in_three[i] and near[i]:
            flags.append(Flag.TWO_OF_THREE_HIGH if high else Flag.TWO_OF_THREE_LOW)
        elif run[i]:
            flags.append(Flag.RUN_HIGH if high else Flag.RUN_LOW)
        else:
            flags.append(Flag.NONE)
    return flags


def _trend_step(index: int, trend: list[bool], steps: list[int]) -> int:
    """A point where two trends meet belongs to the one on its right."""
    goes_on = index + 1 < len(trend) and trend[index + 1]
    return steps[index] if goes_on else steps[index - 1]


def _members(length: int, starts: Sequence[int], width: int) -> list[bool]:
    """Which positions lie in a window of `width` that begins at one of `starts`."""
    inside = [False] * length
    for start in starts:
        inside[start : start + width] = [True] * width
    return inside


def _same(signs: Sequence[int]) -> bool:
    return signs[0] != 0 and all(sign == signs[0] for sign in signs)


def _beyond(value: float, lower: float | None, upper: float | None) -> bool:
    return lower is not None and upper is not None and not lower <= value <= upper


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
