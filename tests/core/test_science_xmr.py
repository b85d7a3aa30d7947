"""XmR against the published answers of the shared data set, a hand-worked table and hand-made sequences."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from apps.core.errors import Refused
from apps.core.science.xmr import Assurance, Flag, Variation, xmr_chart

DATA = Path("/work/shared/data/kpi_xmr")


def _series(case: dict[str, Any], rows: list[dict[str, str]]) -> list[float]:
    org = re.match(r"org_code == (\w+)", case["how"])
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if org is None or (row["org_code"] == org.group(1) and row["type"] == "1"):
            totals[row["period"]][0] += int(row["attendances"])
            totals[row["period"]][1] += int(row["breaches"])
    pairs = [totals[period] for period in sorted(totals)]
    if "breaches_" in case["id"]:
        return [breaches for _, breaches in pairs]
    if "attendances_" in case["id"]:
        return [attendances for attendances, _ in pairs]
    return [1 - breaches / attendances for attendances, breaches in pairs]


@pytest.mark.skipif(not DATA.exists(), reason="the shared data set is not on this machine")
def test_every_published_case_is_met() -> None:
    answers = json.loads((DATA / "expected.json").read_text())
    with (DATA / "ae_attendances.csv").open(newline="") as source:
        rows = list(csv.DictReader(source))
    for case in answers["cases"]:
        want = case["expected"]
        baseline = 12 if case["id"].endswith("_fix12") else None
        chart = xmr_chart(_series(case, rows), direction=case["direction"], target=case["target"], baseline=baseline)
        assert len(chart.points) == want["n"]
        for ours, theirs in (
            (chart.now.mean, want["mean"]),
            (chart.now.lower, want["lower_process_limit"]),
            (chart.now.upper, want["upper_process_limit"]),
        ):
            assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-8), case["id"]
        assert [point.flag for point in chart.points] == want["point_flags"], case["id"]
        assert [point.variation for point in chart.points] == want["point_types"], case["id"]
        assert chart.variation == want["variation_at_last_point"]
        assert chart.assurance == want["assurance"]
    assert len(answers["cases"]) >= 20


def test_hand_worked_table() -> None:
    chart = xmr_chart([10, 12, 11, 13, 12, 11, 14, 12, 13, 11])
    assert chart.now.mean == pytest.approx(11.9)
    assert chart.now.lower == pytest.approx(7.4667, abs=1e-4)
    assert chart.now.upper == pytest.approx(16.3333, abs=1e-4)
    assert chart.now.range_limit == pytest.approx(5.445, abs=1e-9)
    assert [point.moving_range for point in chart.points[:3]] == [None, 2, 1]


def test_one_jump_is_screened_out_of_the_average_range_once() -> None:
    values = [10, 11, 10, 11, 10, 11, 10, 40, 39, 40, 39, 40, 39]
    assert xmr_chart(values).now.mean_range == pytest.approx(1.0)
    assert xmr_chart(values, screen=False).now.mean_range == pytest.approx(41 / 12)


def test_trend_needs_seven_points_and_flags_all_of_them() -> None:
    wobble = [0, 40, 0, 40, 0, 40]
    rising = [14, 16, 18, 20, 22, 24, 26]
    flags = [point.flag for point in xmr_chart([*wobble, *rising, 10], baseline=6).points]
    assert flags[6:13] == [Flag.TREND_UP] * 7
    six = [point.flag for point in xmr_chart([*wobble, *rising[:6], 10], baseline=6).points]
    assert Flag.TREND_UP not in six


def test_run_on_one_side_is_broken_by_a_point_on_the_mean() -> None:
    base = [10.0, 14.0, 6.0, 10.0]
    above = [11, 12, 11, 12, 11, 12, 11]
    fires = xmr_chart([*base, *above], baseline=4).points
    assert [point.flag for point in fires[4:]] == [Flag.RUN_HIGH] * 7
    broken = xmr_chart([*base, *above[:6], 10], baseline=4).points
    assert {point.flag for point in broken[4:]} == {Flag.NONE}


def test_two_in_three_needs_the_third_on_the_same_side() -> None:
    base = [0.0, 3.0, 0.0, -3.0] * 3  # mean 0, average range 3 - limits +-7.98, two thirds +-5.32
    assert Flag.TWO_OF_THREE_HIGH in [p.flag for p in xmr_chart([*base, 6, 1, 6], baseline=12).points[12:]]
    assert {p.flag for p in xmr_chart([*base, 6, -1, 6], baseline=12).points[12:]} == {Flag.NONE}
    assert {p.flag for p in xmr_chart([*base, 5, 1, 6], baseline=12).points[12:]} == {Flag.NONE}


def test_breaks_give_each_segment_its_own_limits_and_rules() -> None:
    values = [10, 11, 10, 11, 10, 11, 20, 21, 20, 21, 20, 21]
    chart = xmr_chart(values, breaks=[6])
    assert [segment.mean for segment in chart.segments] == [10.5, 20.5]
    assert chart.points[6].moving_range is None
    assert {point.flag for point in chart.points} == {Flag.NONE}


def test_neutral_direction_tells_high_and_low_and_gives_no_assurance() -> None:
    chart = xmr_chart([10, 11] * 8 + [30, -10], target=5, baseline=16)
    assert chart.points[-2].variation is Variation.NEUTRAL_HIGH
    assert chart.points[-1].variation is Variation.NEUTRAL_LOW
    assert chart.assurance is None


def test_assurance_in_both_directions() -> None:
    values = [10, 11] * 8
    assert xmr_chart(values, direction="increase", target=5).assurance is Assurance.CONSISTENT_PASS
    assert xmr_chart(values, direction="increase", target=15).assurance is Assurance.CONSISTENT_FAIL
    assert xmr_chart(values, direction="decrease", target=15).assurance is Assurance.CONSISTENT_PASS
    assert xmr_chart(values, direction="decrease", target=10.5).assurance is Assurance.INCONSISTENT


def test_constant_and_single_values_do_not_break() -> None:
    constant = xmr_chart([5, 5, 5, 5])
    assert (constant.now.lower, constant.now.upper, constant.variation) == (5, 5, Variation.COMMON_CAUSE)
    single = xmr_chart([5], direction="increase", target=4)
    assert (single.now.lower, single.assurance) == (None, Assurance.INCONSISTENT)


@pytest.mark.parametrize(
    ("values", "options", "code"),
    [
        ([], {}, "no_values"),
        ([1, float("nan")], {}, "not_a_number"),
        ([1, float("inf")], {}, "not_a_number"),
        ([1, 2], {"baseline": 1}, "baseline_too_short"),
        ([1, 2], {"breaks": [2]}, "break_outside"),
        ([1, 2], {"breaks": [0]}, "break_outside"),
    ],
)
def test_bad_input_is_refused(values: list[float], options: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        xmr_chart(values, **options)
    assert refused.value.code == code


def test_every_flag_says_its_rule_in_words() -> None:
    assert [(flag.rule, flag.side) for flag in Flag] == [
        (1, 1),
        (1, -1),
        (2, 1),
        (2, -1),
        (3, 1),
        (3, -1),
        (4, 1),
        (4, -1),
        (0, 0),
    ]
    assert Flag.TREND_DOWN.meaning == "7 points in a row that fall"
    assert Flag.RUN_HIGH.meaning == "7 points in a row above the mean"
    assert Flag.NONE.meaning == "No signal"
