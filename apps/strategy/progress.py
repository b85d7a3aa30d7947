"""Progress of key results and objectives: signed, also where less is better, weighted, and silent without a value.

A key result from s to t with value v stands at (v - s) / (t - s): below 0 when it moved the wrong way, above 1 beyond the
target. In sums each counts from 0 to 1 only, so that one overshoot does not hide another's failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ONE = Decimal(1)
ZERO = Decimal(0)
# Behind by this much of the whole is at risk; by twice as much is off track.
SLACK = Decimal("0.15")


@dataclass(frozen=True, slots=True)
class Progress:
    """`share` is 0 to 1 over what is measured; `measured` is how much of the weight has a value, 0 to 1."""

    share: Decimal | None
    measured: Decimal

    @property
    def per_cent(self) -> str:
        return "–" if self.share is None else f"{self.share * 100:.0f} %"


def of_result(start: Decimal, target: Decimal, value: Decimal | None) -> Decimal | None:
    """Signed progress; None without a value. Where start and target are equal the value holds it (1) or not (0)."""
    if value is None:
        return None
    if start == target:
        return ONE if value == target else ZERO
    return (value - start) / (target - start)


def capped(share: Decimal) -> Decimal:
    return min(max(share, ZERO), ONE)


def of_parts(parts: Iterable[tuple[Decimal, Decimal | None, Decimal]]) -> Progress:
    """(weight, share or None, how much of the part is measured) of each part. Weights need not sum to 100 yet."""
    whole = sum_ = seen = weighed = ZERO
    for weight, share, measured in parts:
        whole += weight
        weighed += weight * measured
        if share is not None:
            seen += weight
            sum_ += weight * capped(share)
    return Progress(sum_ / seen if seen else None, weighed / whole if whole else ZERO)


def expected(start: date, end: date, today: date) -> Decimal:
    """Where an even pace would stand today, 0 to 1."""
    return capped(Decimal((today - start).days) / Decimal(max((end - start).days, 1)))


def tone(share: Decimal | None, pace: Decimal) -> str:
    """good on or ahead of the pace within the slack, warn behind it, bad far behind; idle without a value."""
    if share is None:
        return "idle"
    behind = pace - share
    return "good" if behind <= SLACK else "warn" if behind <= 2 * SLACK else "bad"
