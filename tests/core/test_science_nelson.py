"""Nelson's rules against published lists and against sequences that fire and that just do not."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import Refused
from apps.core.science.nelson import ALL_RULES, nelson_signals

DATA = Path("/work/shared/data/spc")


def fired(values: list[float], rule: int, **options: object) -> list[int]:
    """Indices at which the rule fires around centre 0 with sigma 1."""
    return [s.index for s in nelson_signals(values, 0.0, 1.0, rules=[rule], **options)]  # type: ignore[arg-type]


def numbers(name: str, column: str) -> list[float]:
    with (DATA / name).open(newline="") as source:
        return [float(row[column]) for row in csv.DictReader(source)]


def by_rule(values: list[float], centre: float, sigma: float) -> dict[str, list[int]]:
    signals = nelson_signals(values, centre, sigma)
    return {str(rule): [s.index + 1 for s in signals if s.rule == rule] for rule in sorted(ALL_RULES)}


@pytest.mark.skipif(not DATA.exists(), reason="the shared data set is not on this machine")
def test_published_lists() -> None:
    cases = {case["id"]: case["expected"] for case in json.loads((DATA / "expected.json").read_text())["cases"]}
    for case, name, column in (
        ("rules-individuals", "rules_individuals.csv", "value"),
        ("rules-board", "board_humidity.csv", "humidity"),
    ):
        values = numbers(name, column)
        sigma = fmean(abs(later - earlier) for earlier, later in pairwise(values)) / 1.128
        assert (fmean(values), sigma) == pytest.approx((cases[case]["center"], cases[case]["sigma"]), rel=1e-9)
        assert by_rule(values, fmean(values), sigma) == cases[case]["rules"]
    rings = numbers("pistonrings.csv", "diameter")
    means = [fmean(rings[start : start + 5]) for start in range(0, 200, 5)]
    want = cases["rules-piston-phase2"]
    assert by_rule(means, want["center"], want["sigma_of_mean"]) == want["rules"]
    values = numbers("rules_subgroups_real.csv", "value")
    means = [fmean(values[start : start + 5]) for start in range(0, 100, 5)]
    assert by_rule(means, 50, 5**-0.5) == cases["rules-subgroups-real"]["rules"]


@pytest.mark.skipif(not DATA.exists(), reason="the shared data set is not on this machine")
def test_other_run_lengths_give_the_other_published_lists() -> None:
    values = numbers("rules_individuals.csv", "value")
    sigma = fmean(abs(later - earlier) for earlier, later in pairwise(values)) / 1.128
    signals = nelson_signals(values, fmean(values), sigma, widths={2: 7, 3: 8, 4: 15})
    assert [s.index + 1 for s in signals if s.rule == 2] == [*range(22, 37), 43, 44]
    assert [s.index + 1 for s in signals if s.rule == 3] == [22]
    assert [s.index + 1 for s in signals if s.rule == 4] == [15, 16]
    assert next(s for s in signals if s.rule == 2).meaning == "7 points in a row on one side of the centre"


ZIGZAG = [0.5, -0.5] * 7
FIRES = [
    (1, [3.01]),
    (1, [-3.01]),
    (2, [0.1] * 9),
    (2, [-0.1] * 9),
    (3, [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
    (3, [0.5, 0.4, 0.3, 0.2, 0.1, 0]),
    (4, ZIGZAG),
    (5, [2.1, 0, 2.1]),
    (5, [0, -2.1, -2.1]),
    (6, [1.1, 1.1, -3, 1.1, 1.1]),
    (7, [0.9] * 8 + [-0.9] * 7),
    (8, [1.1, -1.1] * 4),
    (8, [1.1] * 8),
]
JUST_NOT = [
    (1, [3.0, -3.0]),
    (2, [0.1] * 8),
    (2, [0.1] * 8 + [0.0, 0.1]),
    (3, [0, 0.1, 0.2, 0.3, 0.4]),
    (3, [0, 0.1, 0.2, 0.2, 0.4, 0.5]),
    (4, ZIGZAG[:-1]),
    (4, [*ZIGZAG[:7], ZIGZAG[6], *ZIGZAG[7:13]]),
    (5, [2.1, 0, 2.0]),
    (5, [2.1, 0, -2.1]),
    (5, [2.1, 0, 0, 2.1]),
    (6, [1.1, 1.1, 0, 1.1, 1.0]),
    (6, [1.1, 1.1, 0, -1.1, 1.1]),
    (7, [0.9] * 14),
    (7, [0.9] * 14 + [1.0]),
    (8, [1.1, -1.1] * 3 + [1.1]),
    (8, [1.1, -1.1] * 3 + [1.1, 1.0]),
]


@pytest.mark.parametrize(("rule", "values"), FIRES)
def test_fires_on_the_last_point(rule: int, values: list[float]) -> None:
    assert fired(values, rule) == [len(values) - 1]
    signal = nelson_signals(values, 0, 1, rules=[rule])[0]
    assert signal.points[-1] == signal.index


@pytest.mark.parametrize(("rule", "values"), JUST_NOT)
def test_just_does_not_fire(rule: int, values: list[float]) -> None:
    assert fired(values, rule) == []


def test_each_rule_is_a_switch() -> None:
    values = [0.1] * 8 + [3.5]
    assert {s.rule for s in nelson_signals(values, 0, 1)} == {1, 2}
    assert {s.rule for s in nelson_signals(values, 0, 1, rules={2})} == {2}
    assert nelson_signals(values, 0, 1, rules=()) == ()


SERIES = st.lists(st.floats(-4, 4), min_size=1, max_size=40)


@given(SERIES, st.floats(-100, 100), st.floats(0.1, 100))
def test_moving_limits_judge_by_distance_in_sigmas(distances: list[float], centre: float, sigma: float) -> None:
    sigmas = [sigma * (1 + index % 3) for index in range(len(distances))]
    centres = [centre + index for index in range(len(distances))]
    plotted = [middle + d * spread for middle, d, spread in zip(centres, distances, sigmas, strict=True)]
    back = [(value - middle) / spread for value, middle, spread in zip(plotted, centres, sigmas, strict=True)]
    assert nelson_signals(plotted, centres, sigmas) == nelson_signals(back, 0, 1)


@given(SERIES)
def test_the_mirror_image_fires_alike(distances: list[float]) -> None:
    mirrored = [-distance for distance in distances]
    assert nelson_signals(distances, 0, 1) == nelson_signals(mirrored, 0, 1)


@pytest.mark.parametrize(
    ("values", "centre", "sigma", "options", "code"),
    [
        ([1.0], 0, 0, {}, "no_variation"),
        ([1.0], 0, -1, {}, "no_variation"),
        ([1.0, 2.0], [0.0], 1, {}, "unequal_lengths"),
        ([float("nan")], 0, 1, {}, "not_a_number"),
        ([1.0], 0, float("inf"), {}, "not_a_number"),
        ([1.0], 0, 1, {"rules": [9]}, "unknown_rule"),
        ([1.0], 0, 1, {"widths": {1: 2}}, "bad_width"),
        ([1.0], 0, 1, {"widths": {2: 1}}, "bad_width"),
    ],
)
def test_bad_input_is_refused(values: list[float], centre: float, sigma: float, options: dict, code: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(Refused) as refused:
        nelson_signals(values, centre, sigma, **options)
    assert refused.value.code == code
