"""What a watch sees in a series: whether the newest period is bad, and the sentence that says the rule and the numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from apps.core.science.anomaly import USUAL_LIMIT, robust_z
from apps.core.science.forecast import forecast
from apps.core.values import format_number
from apps.kpis.models import Direction, Watch
from apps.kpis.queries import SEASONS, Standing
from apps.kpis.series import Value
from apps.kpis.signals import newest_signal

HORIZON = {"hour": 24, "day": 7, "week": 4, "month": 3}
TREND = 6


@dataclass(frozen=True, slots=True)
class Sight:
    """The watch's judgement of one period: bad (alert), clear (may close) or neither (inside the hysteresis)."""

    bad: bool
    clear: bool
    message: str = ""
    tone: str = "bad"


CALM = Sight(bad=False, clear=True)


def look(watch: Watch, one: Standing) -> list[Sight]:
    """One judgement per known period, oldest first, as many as the watch waits for."""
    known = [index for index, value in enumerate(one.values) if value.value is not None]
    if watch.kind == Watch.Kind.MISSING:
        return [_missing(one)]
    needed = max(watch.open_after, watch.clear_after)
    judge = JUDGES[watch.kind]
    return [judge(watch, _until(one, index)) for index in known[-needed:]]


def _until(one: Standing, index: int) -> Standing:
    """The standing as it was after that period."""
    values, targets = one.values[: index + 1], one.targets[: index + 1]
    target = targets[-1]
    tone = target.tone(values[-1].value, one.kpi.direction, values[-1].period.first) if target else ""
    return Standing(one.kpi, one.grain, values, targets, tone, one.changes)


def _shown(one: Standing, value: Decimal | float | None) -> str:
    return "–" if value is None else format_number(value, one.kpi.decimals, unit=one.kpi.unit)


def _band(watch: Watch, one: Standing) -> Sight:
    limits, latest = one.target, one.latest
    if limits is None or latest is None or one.tone not in {"bad", "warn"}:
        return CALM
    words = "off target" if one.tone == "bad" else "at risk"
    text = f"{one.kpi.name} is {words}: {_shown(one, latest.value)} in {latest.period.label}, target {_shown(one, limits.target)}"
    return Sight(bad=one.tone == "bad" or watch.open_after > 1, clear=False, message=text, tone=one.tone)


def _threshold(watch: Watch, one: Standing) -> Sight:
    latest, limit = one.latest, watch.limit
    if latest is None or latest.value is None or limit is None:
        return CALM
    above = watch.side == Watch.Side.ABOVE
    back = watch.clear_limit if watch.clear_limit is not None else limit
    bad = latest.value > limit if above else latest.value < limit
    clear = latest.value <= back if above else latest.value >= back
    text = f"{one.kpi.name} is {watch.get_side_display().lower()} {_shown(one, limit)}: {_shown(one, latest.value)} in {latest.period.label}"
    return Sight(bad=bad, clear=clear and not bad, message=text)


def _signal(watch: Watch, one: Standing) -> Sight:
    chart = one.chart()
    found = newest_signal(one, chart) if chart is not None else None
    if chart is None or found is None or found.improvement:
        return CALM
    now, latest = chart.now, one.latest
    limits = f"limits {_shown(one, now.lower)} to {_shown(one, now.upper)}, mean {_shown(one, now.mean)}"
    where = f"{_shown(one, latest.value)} in {latest.period.label}" if latest else ""
    return Sight(bad=True, clear=False, message=f"{one.kpi.name}: {found.text} ({where}; {limits})")


def _trend(watch: Watch, one: Standing) -> Sight:
    values = [value.value for value in one.known][-TREND - 1 :]
    if len(values) <= TREND or one.kpi.direction == Direction.RANGE:
        return CALM
    worse = 1 if one.kpi.direction == Direction.LOWER else -1
    if not all((later - earlier) * worse > 0 for earlier, later in pairwise(values)):  # type: ignore[operator]
        return CALM
    text = (
        f"{one.kpi.name} got worse {TREND} periods in a row: from {_shown(one, values[0])} to {_shown(one, values[-1])}"
    )
    return Sight(bad=True, clear=False, message=text, tone="warn")


def _anomaly(watch: Watch, one: Standing) -> Sight:
    values = [None if value.value is None else float(value.value) for value in one.values]
    found = robust_z(values, season=SEASONS[one.grain])
    limit = float(watch.limit) if watch.limit is not None else USUAL_LIMIT
    if found is None:
        return CALM
    back = float(watch.clear_limit) if watch.clear_limit is not None else limit
    season = "for this time of the season" if found.seasonal else f"of {found.points} earlier periods"
    text = (
        f"{one.kpi.name} is unusual: {_shown(one, found.value)}, median {season} {_shown(one, found.centre)},"
        f" robust z {found.z:.1f} beyond {limit:g}"
    )
    return Sight(bad=abs(found.z) > limit, clear=abs(found.z) <= back, message=text, tone="warn")


def _forecast(watch: Watch, one: Standing) -> Sight:
    values = [float(value.value) for value in one.known]  # type: ignore[arg-type]
    limits, ahead = one.target, HORIZON[one.grain]
    made = forecast(values, horizon=ahead, season=SEASONS[one.grain]) if limits and len(values) >= 12 else None
    if made is None or limits is None:
        return CALM
    tones = [limits.tone(Decimal(str(value)), one.kpi.direction) for value in made.values]
    if "bad" not in tones:
        return CALM
    step = tones.index("bad")
    text = (
        f"{one.kpi.name} is forecast to go off target in {step + 1} {one.grain}{'s' if step else ''}:"
        f" {_shown(one, made.values[step])}, target {_shown(one, limits.target)} ({made.method}, MASE {made.mase:.2f})"
    )
    return Sight(bad=True, clear=False, message=text, tone="warn")


def _missing(one: Standing) -> Sight:
    """The newest whole period has no value although earlier ones had."""
    latest: Value | None = one.values[-1] if one.values else None
    if latest is None or latest.value is not None:
        return CALM
    seen = one.latest
    since = f"the last value is of {seen.period.label}" if seen else "no value ever arrived"
    return Sight(
        bad=True, clear=False, message=f"{one.kpi.name} has no value for {latest.period.label}; {since}", tone="warn"
    )


JUDGES: dict[str, Callable[[Watch, Standing], Sight]] = {
    Watch.Kind.BAND: _band,
    Watch.Kind.THRESHOLD: _threshold,
    Watch.Kind.SIGNAL: _signal,
    Watch.Kind.TREND: _trend,
    Watch.Kind.ANOMALY: _anomaly,
    Watch.Kind.FORECAST: _forecast,
}
