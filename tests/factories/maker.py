"""What a maker of a noun is, and numbers that make names unique."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from apps.accounts.models import User
from apps.org.models import Department
from tests.factories.people import Company

_numbers = count(1)
START = datetime(2026, 1, 5, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Maker:
    """make(company, department, owner) → record; data(company, department, actor) → a new one's input."""

    make: Callable[[Company, Department, User], Any]
    data: Callable[[Company, Department, User], dict[str, Any]]
    change: dict[str, Any] = field(default_factory=dict)
    # What a verb needs beyond the record.
    verb_data: dict[str, dict[str, Any]] = field(default_factory=dict)
    # How many events one create writes beside its own.
    follow_ups: int = 0


def number() -> int:
    return next(_numbers)


def code() -> str:
    return f"N{number():05d}"
