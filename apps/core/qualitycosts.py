"""The registry through which any app tells what quality costs: each figure with its department, day and the record behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.core.registry import Registry

PREVENTION, APPRAISAL, INTERNAL, EXTERNAL = "prevent", "appraise", "internal", "external"
CLASSES = (PREVENTION, APPRAISAL, INTERNAL, EXTERNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCost:
    """What one record cost; below zero it takes back an earlier one. `subject` names the record, such as “stock_move:17”."""

    department_id: int
    on: date
    amount: Decimal
    currency: str
    text: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class CostFeed:
    """A source of costs of one class (prevention, appraisal, internal or external failure).

    `collect(user, first, last)` yields what the user may see of the days first to last.
    """

    name: str
    label: str
    quality: str
    collect: Callable[[Any, date, date], Iterable[QualityCost]]


feeds: Registry[CostFeed] = Registry("quality cost feed")


def feed(one: CostFeed) -> CostFeed:
    """Add a source; its name starts with its app's name and a dot."""
    if one.quality not in CLASSES:
        raise ValueError(f"{one.name}: “{one.quality}” is none of {', '.join(CLASSES)}.")
    return feeds.add(one.name, one)
