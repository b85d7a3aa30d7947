"""How a supplier did in a period, as plain arithmetic: no activity gives no score, few deliveries lean on the average.

Estimator for small samples: the share of hits is (hits + PRIOR × average of all suppliers) / (n + PRIOR), the mean of a
beta posterior whose prior weighs as much as PRIOR lines. Fewer than SMALL lines are marked as a small sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

PRIOR = 10
SMALL = 10
WEIGHTS = {"otif": 50, "quality": 30, "price": 10, "response": 10}
# A rejected share of 5 % or a price 10 % above the order gives no points; an answer after 10 days neither.
WORST_REJECTED, WORST_PRICE, WORST_DAYS = Decimal("0.05"), Decimal("0.10"), Decimal(10)


@dataclass(frozen=True)
class Activity:
    """What was counted for one supplier in the period."""

    lines_due: int = 0
    lines_otif: int = 0
    receipt_lines: int = 0
    received: Decimal = Decimal(0)
    rejected: Decimal = Decimal(0)
    invoiced_at_order_price: Decimal = Decimal(0)
    invoiced: Decimal = Decimal(0)
    response_days: Sequence[float] = ()

    @property
    def any(self) -> bool:
        return bool(self.lines_due or self.receipt_lines or self.response_days or self.invoiced_at_order_price)


@dataclass(frozen=True)
class Score:
    """Figures as observed, the shrunk OTIF and reject share that the points use, and the points from 0 to 100."""

    otif: Decimal | None = None
    otif_shrunk: Decimal | None = None
    ppm: Decimal | None = None
    rejected_shrunk: Decimal | None = None
    price_variance: Decimal | None = None
    response_days: Decimal | None = None
    points: Decimal | None = None
    small: bool = False
    lines: int = 0


def average_of(found: Sequence[Activity]) -> tuple[Decimal, Decimal]:
    """OTIF and reject share of all suppliers together: what a supplier without history is taken for."""
    due = sum(one.lines_due for one in found)
    received = sum((one.received for one in found), Decimal(0))
    rejected = sum((one.rejected for one in found), Decimal(0))
    otif = Decimal(sum(one.lines_otif for one in found)) / due if due else Decimal(1)
    return otif, rejected / received if received else Decimal(0)


def score(activity: Activity, *, average: tuple[Decimal, Decimal]) -> Score:
    """One supplier's figures; everything without data is None, never 0."""
    if not activity.any:
        return Score()
    otif = _share(Decimal(activity.lines_otif), Decimal(activity.lines_due))
    rejected = _share(activity.rejected, activity.received)
    otif_shrunk = _shrunk(otif, activity.lines_due, average[0])
    rejected_shrunk = _shrunk(rejected, activity.receipt_lines, average[1])
    price = _share(activity.invoiced - activity.invoiced_at_order_price, activity.invoiced_at_order_price)
    days = Decimal(str(median(activity.response_days))) if activity.response_days else None
    lines = max(activity.lines_due, activity.receipt_lines)
    parts = {
        "otif": otif_shrunk,
        "quality": None if rejected_shrunk is None else _points(rejected_shrunk, WORST_REJECTED),
        "price": None if price is None else _points(price, WORST_PRICE),
        "response": None if days is None else _points(days, WORST_DAYS),
    }
    return Score(
        otif=otif,
        otif_shrunk=otif_shrunk,
        ppm=None if rejected is None else rejected * 1_000_000,
        rejected_shrunk=rejected_shrunk,
        price_variance=price,
        response_days=days,
        points=_together(parts),
        small=lines < SMALL,
        lines=lines,
    )


def _together(parts: dict[str, Decimal | None]) -> Decimal | None:
    """The weighted mean of the parts there are; deliveries must be among them."""
    known = {name: value for name, value in parts.items() if value is not None}
    if "otif" not in known and "quality" not in known:
        return None
    weight = sum(WEIGHTS[name] for name in known)
    return 100 * sum((WEIGHTS[name] * value for name, value in known.items()), Decimal(0)) / weight


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole else None


def _shrunk(share: Decimal | None, count: int, average: Decimal) -> Decimal | None:
    return None if share is None else (share * count + PRIOR * average) / (count + PRIOR)


def _points(value: Decimal, worst: Decimal) -> Decimal:
    return 1 - min(max(value / worst, Decimal(0)), Decimal(1))
