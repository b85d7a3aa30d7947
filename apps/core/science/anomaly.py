"""Unusual values by the robust z-score, against a baseline of the same season where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

# Makes the median absolute deviation an estimate of the standard deviation of normal data: 1 / z(0.75).
CONSISTENCY = 1.4826022185056018
# Where more than half of the values are equal the deviation is zero; the mean deviation takes its place: sqrt(pi / 2).
MEAN_CONSISTENCY = 1.2533141373155003
LEAST_POINTS = 12
USUAL_LIMIT = 3.5
# A season is worth comparing with once it was seen this many times.
LEAST_SEASONS = 3


@dataclass(frozen=True, slots=True)
class Unusual:
    """How far the last value lies from what is usual: centre and spread of the baseline, and the z-score."""

    value: float
    centre: float
    spread: float
    z: float
    seasonal: bool
    points: int


def robust_z(values: Sequence[float | None], *, season: int = 1) -> Unusual | None:
    """The last of n values (None where missing) against the values before it, in their unit.

    With `season` > 1 and at least three earlier values at the same place in the season, the baseline of the centre is
    those; the spread is that of all earlier values around their own seasonal medians. None under 12 earlier values, where
    nothing can be said, or when the last value is missing. A spread of zero gives z 0 for an equal value, else infinity.
    Source: B. Iglewicz, D. C. Hoaglin, How to Detect and Handle Outliers (1993), modified z-score with limit 3.5.
    """
    if not values or values[-1] is None:
        return None
    last, earlier = float(values[-1]), values[:-1]
    known = [float(one) for one in earlier if one is not None]
    if len(known) < LEAST_POINTS:
        return None
    place = (len(values) - 1) % season if season > 1 else 0
    same = [float(one) for at, one in enumerate(earlier) if one is not None and at % season == place]
    seasonal = season > 1 and len(same) >= LEAST_SEASONS
    centre = median(same) if seasonal else median(known)
    spread = _spread(_residuals(earlier, season) if seasonal else [one - centre for one in known])
    distance = last - centre
    z = distance / spread if spread else (0.0 if distance == 0 else float("inf") if distance > 0 else float("-inf"))
    return Unusual(last, centre, spread, z, seasonal, len(known))


def _residuals(values: Sequence[float | None], season: int) -> list[float]:
    """Distances from the median of the same place in the season."""
    places: list[list[float]] = [[] for _ in range(season)]
    for at, one in enumerate(values):
        if one is not None:
            places[at % season].append(float(one))
    centres = [median(place) if place else 0.0 for place in places]
    return [float(one) - centres[at % season] for at, one in enumerate(values) if one is not None]


def _spread(distances: Sequence[float]) -> float:
    sizes = [abs(one) for one in distances]
    deviation = median(sizes)
    return CONSISTENCY * deviation if deviation else MEAN_CONSISTENCY * sum(sizes) / len(sizes)
