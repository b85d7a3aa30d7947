"""The registry of figures that apps compute from their own records, so that KPIs can be made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Measure:
    """What one department had in one period that begins at `at`: a value, and a denominator for ratios."""

    department_id: int
    at: datetime
    value: Decimal
    weight: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A figure an app offers. `collect(start, end, grain, zone)` yields Measures, each at the first moment of its period.

    It runs in the system's scope and must give every period in [start, end) that has anything; a period that it leaves
    out has no value. `records` is the path of the list behind the figure, for drilling down.
    """

    name: str
    label: str
    help: str
    unit: str
    rule: str
    direction: str
    grain: str
    collect: Callable[[datetime, datetime, str, str], Iterable[Measure]]
    factor: int = 1
    across: str = ""
    records: str = ""


metrics: Registry[Metric] = Registry("metric")


def offer(metric: Metric) -> Metric:
    """Add a metric; its name starts with its app's name and a dot."""
    return metrics.add(metric.name, metric)
