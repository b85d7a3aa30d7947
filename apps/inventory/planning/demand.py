"""How much is asked for in one stretch of time, as a distribution: what every policy under uncertainty is reckoned from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Protocol

from apps.core.errors import Refused
from apps.inventory.planning.inputs import not_negative, positive

STANDARD = NormalDist()
TINY = 1e-17
FAR = 38.0
MOST_POISSON = 100_000


class Demand(Protocol):
    """Units asked for in the stretch that stock has to cover."""

    @property
    def mean(self) -> float: ...

    def quantile(self, probability: float) -> float:
        """The least level that meets demand with this probability."""
        ...

    def shortage(self, level: float) -> float:
        """Expected units short of `level` (the first-order loss function)."""
        ...


def density(k: float) -> float:
    return math.exp(-k * k / 2) / math.sqrt(2 * math.pi)


def upper_tail(k: float) -> float:
    """P(Z > k), exact far out in the tail where 1 - cdf is lost to rounding."""
    return math.erfc(k / math.sqrt(2)) / 2


def normal_loss(k: float) -> float:
    """E[(Z - k)+] of the standard normal."""
    return density(k) - k * upper_tail(k)


def normal_second_loss(k: float) -> float:
    """E[((Z - k)+)²] / 2 of the standard normal."""
    return ((k * k + 1) * upper_tail(k) - k * density(k)) / 2


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal demand; a standard deviation of 0 is demand without doubt."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        not_negative(demand_mean=self.mean, demand_sd=self.sd)

    def over(self, periods: float) -> Normal:
        """Demand of several independent periods (or a fraction of one)."""
        return Normal(self.mean * periods, self.sd * math.sqrt(periods))

    def quantile(self, probability: float) -> float:
        return self.mean + self.sd * STANDARD.inv_cdf(probability)

    def shortage(self, level: float) -> float:
        if abs(level - self.mean) >= FAR * self.sd:
            return max(self.mean - level, 0.0)
        return self.sd * normal_loss((level - self.mean) / self.sd)

    def second_shortage(self, level: float) -> float:
        """The integral of `shortage` from `level` upwards."""
        if abs(level - self.mean) >= FAR * self.sd:
            return (max(self.mean - level, 0.0) ** 2 + (self.sd**2 if level < self.mean else 0.0)) / 2
        return self.sd**2 * normal_second_loss((level - self.mean) / self.sd)


@dataclass(frozen=True)
class Poisson:
    """Demand for single pieces that come independently of each other."""

    mean: float

    def __post_init__(self) -> None:
        positive(demand_mean=self.mean)
        if self.mean > MOST_POISSON:
            raise Refused(
                f"Demand above {MOST_POISSON} is reckoned as normal demand. Give its standard deviation.",
                code="demand_too_large",
                field="demand_mean",
            )

    def over(self, periods: float) -> Poisson:
        return Poisson(self.mean * periods)

    @cached_property
    def chances(self) -> tuple[float, ...]:
        """P(D = 0), P(D = 1), … as far as they count."""
        last = int(self.mean + 12 * math.sqrt(self.mean) + 30)
        return tuple(self.chance(units) for units in range(last + 1))

    @cached_property
    def _shortages(self) -> tuple[float, ...]:
        """Expected shortage at 0, 1, 2, …: summed from the far end, so that small ones keep their digits."""
        tail = short = 0.0
        found = []
        for chance in reversed(self.chances):
            short += tail
            found.append(short)
            tail += chance
        return tuple(reversed(found))

    def chance(self, units: int) -> float:
        return math.exp(units * math.log(self.mean) - self.mean - math.lgamma(units + 1)) if units >= 0 else 0.0

    def quantile(self, probability: float) -> float:
        reached = 0.0
        for units, chance in enumerate(self.chances):
            reached += chance
            if reached >= probability - TINY:
                return float(units)
        return float(len(self.chances))

    def shortage(self, level: float) -> float:
        if level <= 0:
            return self.mean - level
        below = math.floor(level)
        if below + 1 >= len(self.chances):
            return 0.0
        here, above = self._shortages[below], self._shortages[below + 1]
        return here + (level - below) * (above - here)
