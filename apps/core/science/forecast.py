"""Forecasts of demand and indicators, each method by its published recursion, chosen by how it would have done before.

Series are sequences of finite numbers at equal steps, oldest first, in any unit; forecasts come in the same unit.
Sources: R. J. Hyndman, G. Athanasopoulos, Forecasting: Principles and Practice (3rd ed.) for the recursions and interval
formulas; J. D. Croston (1972), A. A. Syntetos, J. E. Boylan (2005), R. H. Teunter et al. (2011) for intermittent demand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apps.core.errors import Refused
from apps.core.science.measures import accuracy, mase_scale
from apps.core.science.smoothing import holt, holt_winters, simple_smoothing

Method = Callable[[Sequence[float], int, int], list[float]]
Z95 = 1.959963984540054
LEAST_POINTS = 6
# The last part of a series on which methods are tried, in horizons.
MOST_ORIGINS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The chosen method, its values and 95 % interval, and its error in the backtest (None where too short for one)."""

    method: str
    values: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    mase: float
    bias: float
    tried: dict[str, float]


def mean(values: Sequence[float], horizon: int, season: int = 1) -> list[float]:
    return [sum(values) / len(values)] * horizon


def naive(values: Sequence[float], horizon: int, season: int = 1) -> list[float]:
    return [float(values[-1])] * horizon


def seasonal_naive(values: Sequence[float], horizon: int, season: int = 1) -> list[float]:
    return [float(values[len(values) - season + step % season]) for step in range(horizon)]


def drift(values: Sequence[float], horizon: int, season: int = 1) -> list[float]:
    slope = (values[-1] - values[0]) / (len(values) - 1)
    return [values[-1] + slope * (step + 1) for step in range(horizon)]


def moving_average(values: Sequence[float], horizon: int, season: int = 1, *, width: int = 0) -> list[float]:
    """The mean of the last `width` values (one season, or 3), repeated."""
    width = min(width or (season if season > 1 else 3), len(values))
    return [sum(values[-width:]) / width] * horizon


def croston(values: Sequence[float], *, alpha: float = 0.1) -> float:
    """Demand per period where many periods have none: smoothed size over smoothed interval.

    Initial size is the first demand, initial interval its place counted from the start. No demand at all gives 0.
    """
    size = interval = 0.0
    since = 1
    for value in values:
        if value:
            size = value if not interval else size + alpha * (value - size)
            interval = since if not interval else interval + alpha * (since - interval)
            since = 1
        else:
            since += 1
    return size / interval if interval else 0.0


def sba(values: Sequence[float], *, alpha: float = 0.1) -> float:
    """Croston without its bias (Syntetos-Boylan approximation): times 1 - alpha / 2."""
    return (1 - alpha / 2) * croston(values, alpha=alpha)


def tsb(values: Sequence[float], *, alpha: float = 0.1, beta: float = 0.1) -> float:
    """Smoothed size times smoothed probability of demand, which fades while nothing is asked for."""
    demands = [value for value in values if value]
    if not demands:
        return 0.0
    size, chance = float(demands[0]), len(demands) / len(values)
    for value in values:
        if value:
            size += alpha * (value - size)
            chance += beta * (1 - chance)
        else:
            chance -= beta * chance
    return size * chance


def demand_class(values: Sequence[float]) -> str:
    """smooth, erratic, intermittent or lumpy: mean interval cut at 1.32, squared variation of sizes (n - 1) at 0.49."""
    demands = [value for value in values if value]
    if len(demands) < 2:
        return "none" if not demands else "intermittent"
    interval = len(values) / len(demands)
    average = sum(demands) / len(demands)
    variation = sum((value - average) ** 2 for value in demands) / (len(demands) - 1) / average**2
    if interval < 1.32:
        return "smooth" if variation < 0.49 else "erratic"
    return "intermittent" if variation < 0.49 else "lumpy"


def _repeated(single: Callable[[Sequence[float]], float]) -> Method:
    return lambda values, horizon, season: [single(values)] * horizon


METHODS: dict[str, tuple[Method, Callable[[Sequence[float], int], bool]]] = {
    "naive": (naive, lambda values, season: True),
    "seasonal naive": (seasonal_naive, lambda values, season: 1 < season < len(values)),
    "moving average": (moving_average, lambda values, season: True),
    "SES": (lambda v, h, s: list(simple_smoothing(v).forecast(h)), lambda values, season: len(values) >= 4),
    "Holt": (lambda v, h, s: list(holt(v).forecast(h)), lambda values, season: len(values) >= 6),
    "Holt-Winters": (
        lambda v, h, s: list(holt_winters(v, season=s).forecast(h)),
        lambda values, season: 1 < season <= 24 and len(values) >= 2 * season + 2,
    ),
    "Croston": (_repeated(croston), lambda values, season: _intermittent(values)),
    "SBA": (_repeated(sba), lambda values, season: _intermittent(values)),
    "TSB": (_repeated(tsb), lambda values, season: _intermittent(values)),
}


def _intermittent(values: Sequence[float]) -> bool:
    return min(values) >= 0 and any(values) and sum(1 for value in values if not value) * 4 > len(values)


def forecast(values: Sequence[float], *, horizon: int, season: int = 1, method: str = "") -> Forecast:
    """`horizon` values ahead by the method with the least mean absolute scaled error in a rolling-origin backtest.

    values: n >= 6 finite numbers. season: steps per season, 1 for none. method: one of METHODS to skip the choice.
    The interval widens with the root of the step, from the backtest's one-step errors; it is approximate.
    Refuses too few or non-finite values and unknown methods.
    """
    series = [float(value) for value in values]
    if len(series) < LEAST_POINTS or not all(math.isfinite(value) for value in series):
        raise Refused(f"A forecast needs at least {LEAST_POINTS} values.", code="too_few_values")
    if method and method not in METHODS:
        raise Refused(f"There is no method “{method}”. Choose one of: {', '.join(METHODS)}.", code="unknown_method")
    season = season if 1 < season < len(series) else 1
    wanted = [method] if method else [name for name, (_, fits) in METHODS.items() if fits(series, season)]
    tried = {name: _backtest(METHODS[name][0], series, horizon, season) for name in wanted}
    best = min(tried, key=lambda name: tried[name][0])
    mase, bias, spread = tried[best]
    made = METHODS[best][0](series, horizon, season)
    margins = [Z95 * spread * math.sqrt(step + 1) for step in range(horizon)]
    return Forecast(
        method=best,
        values=tuple(made),
        lower=tuple(value - margin for value, margin in zip(made, margins, strict=True)),
        upper=tuple(value + margin for value, margin in zip(made, margins, strict=True)),
        mase=mase,
        bias=bias,
        tried={name: error for name, (error, _, _) in tried.items()},
    )


def _backtest(method: Method, series: Sequence[float], horizon: int, season: int) -> tuple[float, float, float]:
    """(MASE, bias as mean error over mean absolute value, one-step spread) from origins in the last part of the series."""
    least = max(LEAST_POINTS - 1, 2 * season + 2 if 2 * season + 2 < len(series) else LEAST_POINTS - 1)
    origins = list(range(least, len(series)))[-MOST_ORIGINS:]
    scale = mase_scale(series, season)
    errors, firsts = [], []
    for origin in origins:
        actual = series[origin : origin + horizon]
        made = method(series[:origin], len(actual), season if season < origin else 1)
        misses = [real - guess for real, guess in zip(actual, made, strict=True)]
        errors += misses
        firsts.append(misses[0])
    mean_absolute = sum(abs(miss) for miss in errors) / len(errors)
    size = sum(abs(value) for value in series) / len(series)
    spread = math.sqrt(sum(miss * miss for miss in firsts) / len(firsts))
    mase = mean_absolute / scale if scale else (0.0 if mean_absolute == 0 else float("inf"))
    return mase, (sum(errors) / len(errors) / size if size else 0.0), spread


__all__ = [
    "METHODS",
    "Forecast",
    "accuracy",
    "croston",
    "demand_class",
    "drift",
    "forecast",
    "mean",
    "moving_average",
    "naive",
    "sba",
    "seasonal_naive",
    "tsb",
]
