"""Refusals shared by the sciences of stock, so that a wrong figure is named and no formula answers nonsense."""

from __future__ import annotations

import math
from collections.abc import Sequence

from apps.core.errors import Refused


def positive(**values: float) -> None:
    """Each value is a finite number above 0."""
    _check(values, least=0.0, strict=True)


def not_negative(**values: float) -> None:
    """Each value is a finite number, 0 or above."""
    _check(values, least=0.0, strict=False)


def share(**values: float) -> None:
    """Each value lies strictly between 0 and 1."""
    for name, value in values.items():
        if not 0 < value < 1:
            raise Refused(f"{words(name)} must lie between 0 and 1, such as 0.95.", code="not_a_share", field=name)


def same_length(what: str, *lists: Sequence[float]) -> None:
    """One entry per `what` in every list, and at least one."""
    if not lists[0] or len({len(one) for one in lists}) > 1:
        raise Refused(f"Give one figure per {what} in every list, and at least one {what}.", code="lengths_differ")


def words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _check(values: dict[str, float], *, least: float, strict: bool) -> None:
    for name, value in values.items():
        if not math.isfinite(value) or value < least or (strict and value == least):
            bound = "above 0" if strict else "0 or above"
            raise Refused(f"{words(name)} must be a number {bound}.", code="out_of_range", field=name)
