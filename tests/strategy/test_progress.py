"""Signed progress, weights and pace: a table of cases worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.strategy import progress

# from, to, now, progress
CASES = [
    ("0", "100", "0", "0"),
    ("0", "100", "25", "0.25"),
    ("0", "100", "100", "1"),
    ("0", "100", "130", "1.3"),
    ("0", "100", "-10", "-0.1"),
    ("9", "6", "9", "0"),
    ("9", "6", "7.5", "0.5"),
    ("9", "6", "6", "1"),
    ("9", "6", "5", "1.333333"),
    ("9", "6", "10.5", "-0.5"),
    ("92", "96", "94", "0.5"),
    ("-20", "20", "0", "0.5"),
    ("20", "-20", "0", "0.5"),
    ("-5", "-15", "-10", "0.5"),
    ("-15", "-5", "-10", "0.5"),
    ("3.5", "2", "2.3", "0.8"),
    ("5", "5", "5", "1"),
    ("5", "5", "4", "0"),
    ("0.001", "0.003", "0.002", "0.5"),
    ("1000000", "2000000", "1250000", "0.25"),
]


@pytest.mark.parametrize(("start", "target", "value", "share"), CASES)
def test_signed_progress(start: str, target: str, value: str, share: str) -> None:
    found = progress.of_result(Decimal(start), Decimal(target), Decimal(value))
    assert found is not None and round(found, 6) == Decimal(share)


def test_no_value_is_no_progress() -> None:
    assert progress.of_result(Decimal(0), Decimal(1), None) is None


def test_weights_count_and_one_overshoot_hides_no_failure() -> None:
    one = Decimal(1)
    both = progress.of_parts([(Decimal(60), Decimal(3), one), (Decimal(40), Decimal("0.25"), one)])
    assert both.share == Decimal("0.7") and both.measured == 1
    half = progress.of_parts([(Decimal(60), Decimal("0.5"), one), (Decimal(40), None, Decimal(0))])
    assert half.share == Decimal("0.5") and half.measured == Decimal("0.6")
    assert progress.of_parts([]).share is None


@pytest.mark.parametrize(
    ("share", "tone"), [("0.5", "good"), ("0.35", "good"), ("0.349", "warn"), ("0.2", "warn"), ("0.199", "bad")]
)
def test_pace_at_each_boundary(share: str, tone: str) -> None:
    pace = progress.expected(date(2026, 1, 1), date(2026, 1, 11), date(2026, 1, 6))
    assert pace == Decimal("0.5")
    assert progress.tone(Decimal(share), pace) == tone


def test_before_the_start_nothing_is_expected() -> None:
    assert progress.expected(date(2026, 1, 1), date(2026, 2, 1), date(2025, 1, 1)) == 0
    assert progress.tone(None, Decimal(1)) == "idle"
