"""Exponential smoothing with additive errors: simple, Holt's trend and Holt-Winters' season, fitted by least squares.

Source: R. J. Hyndman, G. Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), chapter 8. The season is updated
with the level before the step: s = gamma (y - l_prev - b_prev) + (1 - gamma) s_prev.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054
LOW, HIGH = 1e-4, 1 - 1e-4
GRID = (LOW, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, HIGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothed:
    """A fitted model: parameters, first and last states, one-step errors."""

    alpha: float
    beta: float
    gamma: float
    level0: float
    trend0: float
    level: float
    trend: float
    seasonal: tuple[float, ...]
    errors: tuple[float, ...]
    parameters: int
    last_fitted: float

    @property
    def sse(self) -> float:
        return sum(one * one for one in self.errors)

    @property
    def sigma(self) -> float:
        """Standard deviation of the one-step errors, freed of the fitted parameters."""
        return math.sqrt(self.sse / max(len(self.errors) - self.parameters, 1))

    def forecast(self, horizon: int) -> tuple[float, ...]:
        season = len(self.seasonal)
        return tuple(
            self.level + (step + 1) * self.trend + (self.seasonal[step % season] if season else 0.0)
            for step in range(horizon)
        )

    def interval95(self, horizon: int) -> tuple[tuple[float, float], ...]:
        """(lower, upper) per step for normal errors; variance sigma² (1 + Σ c_j²) with c_j = alpha + j beta (+ gamma)."""
        made = []
        spread = 1.0
        season = len(self.seasonal)
        for step, value in enumerate(self.forecast(horizon)):
            margin = Z95 * self.sigma * math.sqrt(spread)
            made.append((value - margin, value + margin))
            ahead = step + 1
            seasonal = self.gamma if season and ahead % season == 0 else 0.0
            spread += (self.alpha + ahead * self.beta + seasonal) ** 2
        return tuple(made)


def simple_smoothing(values: Sequence[float], *, alpha: float | None = None, level0: float | None = None) -> Smoothed:
    """SES of n >= 2 values. Without alpha both alpha and the first level are those of the least squared errors."""
    if alpha is None:
        alpha = _search(lambda point: _fit_linear(values, point[0], 0.0, trend=False)[0], 1)[0]
    start = level0 if level0 is not None else _fit_linear(values, alpha, 0.0, trend=False)[1][0]
    return _run(values, (alpha, 0.0, 0.0), (start, 0.0), parameters=2)


def holt(values: Sequence[float], *, alpha: float | None = None, beta: float | None = None) -> Smoothed:
    """Holt's linear trend of n >= 4 values; beta is the weight of the trend's correction and at most alpha."""
    if alpha is None or beta is None:
        point = _search(lambda p: _fit_linear(values, p[0], p[0] * p[1], trend=True)[0], 2)
        alpha, beta = point[0], max(point[0] * point[1], LOW)
    level0, trend0 = _fit_linear(values, alpha, beta, trend=True)[1]
    return _run(values, (alpha, beta, 0.0), (level0, trend0), parameters=4)


def holt_winters(
    values: Sequence[float],
    *,
    season: int,
    alpha: float | None = None,
    beta: float | None = None,
    gamma: float | None = None,
    level0: float | None = None,
    trend0: float | None = None,
    seasonal0: Sequence[float] = (),
) -> Smoothed:
    """Additive Holt-Winters of n >= 2 seasons. Initial states, where not given, come from the first two seasons.

    `beta` is the textbook's weight of the trend: b = beta (l - l_prev) + (1 - beta) b_prev.
    """
    first, second = values[:season], values[season : 2 * season]
    mean, later = sum(first) / season, sum(second) / max(len(second), 1)
    slope = (later - mean) / season if trend0 is None else trend0
    level = mean - slope * (season + 1) / 2 if level0 is None else level0
    shape = tuple(seasonal0) or tuple(value - level - slope * (at + 1) for at, value in enumerate(first))
    if alpha is None or beta is None or gamma is None:

        def loss(point: Sequence[float]) -> float:
            weights = (point[0], point[0] * point[1], (1 - point[0]) * point[2])
            return _run(values, weights, (level, slope), shape).sse

        point = _search(loss, 3)
        alpha, beta, gamma = point[0], point[1], (1 - point[0]) * point[2]
    return _run(values, (alpha, alpha * beta, gamma), (level, slope), shape, parameters=5 + season)


def _run(
    values: Sequence[float],
    weights: tuple[float, float, float],
    states: tuple[float, float],
    seasonal0: Sequence[float] = (),
    *,
    parameters: int = 0,
) -> Smoothed:
    """The recursion in its error form: every state moves by its weight of the one-step error."""
    alpha, beta, gamma = weights
    (level, trend), seasonal = states, list(seasonal0)
    season, errors, fitted = len(seasonal), [], 0.0
    for at, value in enumerate(values):
        fitted = level + trend + (seasonal[at % season] if season else 0.0)
        error = value - fitted
        errors.append(error)
        level = level + trend + alpha * error
        trend += beta * error
        if season:
            seasonal[at % season] += gamma * error
    turn = len(values) % season if season else 0
    return Smoothed(
        alpha=alpha,
        beta=beta,
        gamma=gamma,
        level0=states[0],
        trend0=states[1],
        level=level,
        trend=trend,
        seasonal=tuple(seasonal[turn:] + seasonal[:turn]),
        errors=tuple(errors),
        parameters=parameters,
        last_fitted=fitted,
    )


def _fit_linear(
    values: Sequence[float], alpha: float, beta: float, *, trend: bool
) -> tuple[float, tuple[float, float]]:
    """(least SSE, (level0, trend0)): the errors are linear in the initial states, so these are solved for exactly."""
    zeros = [0.0] * len(values)
    base = _run(values, (alpha, beta, 0.0), (0.0, 0.0)).errors
    by_level = _run(zeros, (alpha, beta, 0.0), (1.0, 0.0)).errors
    by_trend = _run(zeros, (alpha, beta, 0.0), (0.0, 1.0)).errors if trend else tuple(zeros)
    ll, tt = _dot(by_level, by_level), _dot(by_trend, by_trend)
    lt, lb, tb = _dot(by_level, by_trend), _dot(by_level, base), _dot(by_trend, base)
    determinant = ll * tt - lt * lt
    if trend and abs(determinant) > 1e-12 * ll * tt:
        level, slope = (lt * tb - tt * lb) / determinant, (lt * lb - ll * tb) / determinant
    else:
        level, slope = (-lb / ll if ll else 0.0), 0.0
    sse = sum((b + level * one + slope * two) ** 2 for b, one, two in zip(base, by_level, by_trend, strict=True))
    return sse, (level, slope)


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _search(loss: Callable[[Sequence[float]], float], size: int) -> list[float]:
    """The least of `loss` on the open unit cube: the best of a coarse grid, then steps halved around it."""
    coarse = GRID if size < 3 else GRID[::2]
    points: list[list[float]] = [[]]
    for _ in range(size):
        points = [[*point, value] for point in points for value in coarse]
    best = min(points, key=loss)
    least, step = loss(best), 0.1
    while step > 1e-5:
        moved = False
        for axis in range(size):
            for sign in (1, -1):
                trial = list(best)
                trial[axis] = min(max(trial[axis] + sign * step, LOW), HIGH)
                found = loss(trial)
                if found < least:
                    best, least, moved = trial, found, True
        if not moved:
            step /= 2
    return best
