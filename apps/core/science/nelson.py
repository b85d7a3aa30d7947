"""Nelson's eight rules on any control chart, each of them a switch, also where the limits move from point to point.

Source: L. S. Nelson, "The Shewhart Control Chart: Tests for Special Causes", Journal of Quality Technology 16 (1984).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from apps.core.errors import Refused

ALL_RULES = frozenset(range(1, 9))
MEANINGS = {
    1: "1 point beyond 3 sigma",
    2: "9 points in a row on one side of the centre",
    3: "6 points in a row rising or falling",
    4: "14 points in a row going up and down in turn",
    5: "2 of 3 points beyond 2 sigma on one side",
    6: "4 of 5 points beyond 1 sigma on one side",
    7: "15 points in a row within 1 sigma",
    8: "8 points in a row beyond 1 sigma on either side",
}
WIDTHS: Mapping[int, int] = MappingProxyType({1: 1, 2: 9, 3: 6, 4: 14, 5: 3, 6: 5, 7: 15, 8: 8})
RUN_RULES = frozenset({2, 3, 4, 7, 8})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One rule that fired at `index`, the last point of the pattern; `points` are those that make it up."""

    rule: int
    index: int
    points: tuple[int, ...]
    width: int

    @property
    def meaning(self) -> str:
        """The rule in words, with the length in force."""
        return MEANINGS[self.rule].replace(str(WIDTHS[self.rule]), str(self.width), 1 if self.rule in RUN_RULES else 0)


def nelson_signals(
    values: Sequence[float],
    centre: float | Sequence[float],
    sigma: float | Sequence[float],
    *,
    rules: Collection[int] = ALL_RULES,
    widths: Mapping[int, int] = WIDTHS,
) -> tuple[Signal, ...]:
    """Every signal in the order of its last point, then of its rule.

    values: n finite numbers. centre, sigma: one number, or n of them where limits move (p and u charts, changing
    sample sizes); sigma is one standard error of the plotted point, in the unit of the values.
    Each point is judged by its distance from its own centre in its own sigmas; so are steps up and down (rules
    3 and 4). A point exactly on a line is not beyond it; a point on the centre is on no side; a tie is no step.
    widths: other lengths for the runs of rules 2, 3, 4, 7 and 8, which differ between houses (same side 7 or 8;
    6 rising steps are 7 points); give only those that differ.
    Refuses unequal lengths, numbers that are not finite, sigma that is not above zero, unknown rules.
    """
    unknown = sorted(set(rules) - ALL_RULES)
    if unknown:
        raise Refused(f"There is no rule {unknown[0]}. Choose from 1 to 8.", code="unknown_rule", field="rules")
    if any(rule not in RUN_RULES or width < 2 for rule, width in widths.items() if WIDTHS.get(rule) != width):
        raise Refused("Only runs of rules 2, 3, 4, 7 and 8 have another length, of 2 or more.", code="bad_width")
    lengths = {**WIDTHS, **widths}
    distances = standardised(values, centre, sigma)
    signals = []
    for last in range(len(distances)):
        for rule in sorted(rules):
            first = last - lengths[rule] + 1
            if first < 0:
                continue
            hits = _RULES[rule](distances[first : last + 1])
            if hits:
                signals.append(
                    Signal(rule=rule, index=last, points=tuple(first + hit for hit in hits), width=lengths[rule])
                )
    return tuple(signals)


def standardised(
    values: Sequence[float], centre: float | Sequence[float], sigma: float | Sequence[float]
) -> list[float]:
    """Each value as its distance from its centre in sigmas; the same shapes and refusals as `nelson_signals`."""
    centres, sigmas = _spread(centre, len(values)), _spread(sigma, len(values))
    if not len(values) == len(centres) == len(sigmas):
        raise Refused("Give one centre and one sigma for each point, or one for all.", code="unequal_lengths")
    if not all(map(math.isfinite, (*values, *centres, *sigmas))):
        raise Refused("Leave points that are not numbers out.", code="not_a_number")
    if any(spread <= 0 for spread in sigmas):
        raise Refused("Sigma must be above zero. Collect points that vary.", code="no_variation", field="sigma")
    return [(value - middle) / spread for value, middle, spread in zip(values, centres, sigmas, strict=True)]


def _spread(number: float | Sequence[float], count: int) -> Sequence[float]:
    return number if isinstance(number, Sequence) else [number] * count


Window = Sequence[float]
Hits = Sequence[int]


def _all_or_none(window: Window, holds: bool) -> Hits:
    return range(len(window)) if holds else ()


def _steps(window: Window) -> list[int]:
    return [(later > earlier) - (later < earlier) for earlier, later in pairwise(window)]


def _beyond_three(window: Window) -> Hits:
    return _all_or_none(window, abs(window[0]) > 3)


def _one_side(window: Window) -> Hits:
    return _all_or_none(window, min(window) > 0 or max(window) < 0)


def _trend(window: Window) -> Hits:
    return _all_or_none(window, set(_steps(window)) in ({1}, {-1}))


def _alternating(window: Window) -> Hits:
    steps = _steps(window)
    return _all_or_none(window, all(one * other == -1 for one, other in pairwise(steps)))


def _share_beyond(limit: float, needed: int) -> Callable[[Window], Hits]:
    def rule(window: Window) -> Hits:
        """The last point is one of them, so that a pattern is told once where it completes, not again as it fades."""
        for side in (1, -1):
            hits = [index for index, distance in enumerate(window) if distance * side > limit]
            if len(hits) >= needed and hits[-1] == len(window) - 1:
                return hits
        return ()

    return rule


def _hugging(window: Window) -> Hits:
    return _all_or_none(window, max(map(abs, window)) < 1)


def _avoiding(window: Window) -> Hits:
    return _all_or_none(window, min(map(abs, window)) > 1)


_RULES: dict[int, Callable[[Window], Hits]] = {
    1: _beyond_three,
    2: _one_side,
    3: _trend,
    4: _alternating,
    5: _share_beyond(2, 2),
    6: _share_beyond(1, 4),
    7: _hugging,
    8: _avoiding,
}
