"""Percentiles of any department and period from counts in logarithmic buckets, which add up where percentiles do not.

The buckets are those of DDSketch (Masson, Rim, Lee, VLDB 2019): every quantile is right within 1 % of its own value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

ACCURACY = 0.01
GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
# Positive values fall into OFFSET + i with GAMMA^(i-1) < value <= GAMMA^i, negative ones into the mirror image, zero into 0.
OFFSET = 10_000
BUCKET = (
    "CASE WHEN {0} = 0 THEN 0 ELSE sign({0})::int"
    f" * ({OFFSET} + ceil(ln(abs({{0}})::double precision) / {math.log(GAMMA)!r})::int) END"
)


def bucket_of(value: Decimal | float) -> int:
    """The bucket of one value, as the database computes it."""
    number = float(value)
    if number == 0:
        return 0
    index = OFFSET + math.ceil(math.log(abs(number)) / math.log(GAMMA))
    return index if number > 0 else -index


def middle_of(bucket: int) -> float:
    """The value that stands for a bucket, at most 1 % from each of its members."""
    if bucket == 0:
        return 0.0
    middle = 2 * GAMMA ** (abs(bucket) - OFFSET) / (GAMMA + 1)
    return math.copysign(middle, bucket)


def percentile(counts: Iterable[tuple[int, int]], percent: Decimal | float) -> Decimal | None:
    """counts: (bucket, count) pairs in any order. The value below which `percent` of them lie (lower rank); None of none."""
    ordered = sorted(counts)
    total = sum(count for _, count in ordered)
    if not total:
        return None
    rank = float(percent) / 100 * (total - 1)
    passed = 0
    for bucket, count in ordered:
        passed += count
        if passed > rank:
            return Decimal(repr(round(middle_of(bucket), 9)))
    return Decimal(repr(round(middle_of(ordered[-1][0]), 9)))
