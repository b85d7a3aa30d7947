"""Signals on a KPI's chart by the rules its definition chose: those of Making Data Count, or Nelson's rules as switches."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.science.nelson import nelson_signals
from apps.core.science.xmr import Flag, Variation, XmrChart
from apps.kpis.models import Direction
from apps.kpis.queries import Standing


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that fired at one known point."""

    index: int
    rule: str
    text: str
    concern: bool
    improvement: bool


def signals(one: Standing, chart: XmrChart) -> tuple[Found, ...]:
    """All signals in the order of their points; with several rules at one point the first speaks."""
    return _nelson(one, chart) if one.kpi.signal_rules else _plain(chart)


def newest_signal(one: Standing, chart: XmrChart) -> Found | None:
    """The signal at the newest point."""
    last = len(chart.points) - 1
    return next((found for found in signals(one, chart) if found.index == last), None)


def variation(one: Standing, chart: XmrChart) -> Variation:
    """What the newest point shows, by the rules in force, seen from the wanted direction."""
    found = newest_signal(one, chart)
    if found is None:
        return Variation.COMMON_CAUSE
    if found.concern:
        return Variation.CONCERN
    if found.improvement:
        return Variation.IMPROVEMENT
    point = chart.points[found.index]
    return Variation.NEUTRAL_HIGH if point.value >= point.segment.mean else Variation.NEUTRAL_LOW


def _plain(chart: XmrChart) -> tuple[Found, ...]:
    return tuple(
        Found(
            index,
            str(point.flag.rule),
            point.flag.meaning,
            point.variation is Variation.CONCERN,
            point.variation is Variation.IMPROVEMENT,
        )
        for index, point in enumerate(chart.points)
        if point.flag is not Flag.NONE
    )


def _nelson(one: Standing, chart: XmrChart) -> tuple[Found, ...]:
    found: dict[int, Found] = {}
    for segment in chart.segments:
        points = chart.points[segment.start : segment.stop]
        sigma = (segment.upper - segment.mean) / 3 if segment.upper is not None else 0.0
        if sigma <= 0:
            continue
        for signal in nelson_signals(
            [point.value for point in points], segment.mean, sigma, rules=one.kpi.nelson_rules
        ):
            index = segment.start + signal.index
            up = points[signal.index].value >= segment.mean
            way = {Direction.HIGHER: up, Direction.LOWER: not up}.get(Direction(one.kpi.direction))
            found.setdefault(
                index, Found(index, str(signal.rule), signal.meaning, concern=way is False, improvement=way is True)
            )
    return tuple(found[index] for index in sorted(found))
