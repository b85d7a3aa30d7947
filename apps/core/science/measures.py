"""Measures of forecast error, so that every forecast says how wrong it tends to be.

Source: R. J. Hyndman, A. B. Koehler, Another look at measures of forecast accuracy (2006).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Errors are actual minus forecast, in the unit of the series; percentages in per cent, None where an actual is zero."""

    me: float
    rmse: float
    mae: float
    mpe: float | None
    mape: float | None
    smape: float | None
    mase: float | None


def accuracy(
    actual: Sequence[float], forecast: Sequence[float], *, train: Sequence[float] = (), season: int = 1
) -> Accuracy:
    """Compare n actual values with n forecasts. `train` (the values before them) and `season` scale the MASE.

    smape is the mean of 200 |f - a| / (|f| + |a|); a pair of zeros counts as no error.
    """
    errors = [real - guess for real, guess in zip(actual, forecast, strict=True)]
    count = len(errors)
    mae = sum(abs(one) for one in errors) / count
    shares = [100 * one / real for one, real in zip(errors, actual, strict=True)] if all(actual) else None
    sizes = [abs(real) + abs(guess) for real, guess in zip(actual, forecast, strict=True)]
    scale = mase_scale(train, season) if len(train) > season else None
    return Accuracy(
        me=sum(errors) / count,
        rmse=math.sqrt(sum(one * one for one in errors) / count),
        mae=mae,
        mpe=sum(shares) / count if shares else None,
        mape=sum(abs(one) for one in shares) / count if shares else None,
        smape=sum(200 * abs(one) / size if size else 0.0 for one, size in zip(errors, sizes, strict=True)) / count,
        mase=mae / scale if scale else None,
    )


def mase_scale(train: Sequence[float], season: int = 1) -> float:
    """Mean absolute error of the (seasonal) naive forecast inside the training values."""
    steps = [abs(train[at] - train[at - season]) for at in range(season, len(train))]
    return sum(steps) / len(steps) if steps else 0.0
