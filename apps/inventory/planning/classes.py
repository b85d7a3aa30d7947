"""ABC by consumption value and XYZ by regularity of demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import fmean, stdev


def abc(values: Mapping[str, Decimal], *, a: Decimal = Decimal("0.8"), b: Decimal = Decimal("0.95")) -> dict[str, str]:
    """Class by key. Sorted by value, an item is A while the cumulative share before it is below `a`, B below `b`, else C.

    Items of no value are C; equal values are ordered by key, so that the answer is the same each time.
    """
    total = sum(values.values(), Decimal(0))
    found: dict[str, str] = {}
    before = Decimal(0)
    for key, value in sorted(values.items(), key=lambda one: (-one[1], one[0])):
        share = before / total if total else Decimal(1)
        found[key] = "C" if value <= 0 else "A" if share < a else "B" if share < b else "C"
        before += value
    return found


def xyz(demand: Sequence[float], *, x: float = 0.5, y: float = 1.0) -> str:
    """Class by the coefficient of variation of demand per period (sample standard deviation / mean); Z without demand."""
    if len(demand) < 2 or fmean(demand) <= 0:
        return "Z"
    variation = stdev(demand) / fmean(demand)
    return "X" if variation <= x else "Y" if variation <= y else "Z"


def accuracy(found: Sequence[tuple[Decimal, Decimal]], *, tolerance: Decimal = Decimal(0)) -> float | None:
    """Inventory record accuracy: share of (counted, recorded) pairs within `tolerance` per cent of the record."""
    if not found:
        return None
    good = sum(abs(counted - recorded) <= abs(recorded) * tolerance / 100 for counted, recorded in found)
    return good / len(found)
