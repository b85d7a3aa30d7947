"""Forecast recursions, error measures and demand classes against published and independently computed answers."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from apps.core.errors import Refused
from apps.core.science import forecast as fc
from apps.core.science.measures import accuracy
from apps.core.science.smoothing import holt, holt_winters, simple_smoothing

SHARED = Path(os.environ.get("OPS_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "forecasting"
golden = pytest.mark.skipif(
    not (SHARED / "expected.json").exists(), reason="the golden answers are not on this machine"
)


def case(name: str) -> dict[str, Any]:
    cases = json.loads((SHARED / "expected.json").read_text())["cases"]
    return next(one for one in cases if one["id"] == name)


@golden
@pytest.mark.parametrize("method", ["mean", "naive", "snaive", "drift"])
def test_error_measures_of_simple_methods(method: str) -> None:
    one = case("beer-accuracy")
    make = {"mean": fc.mean, "naive": fc.naive, "snaive": fc.seasonal_naive, "drift": fc.drift}[method]
    found = accuracy(one["test"], make(one["train"], len(one["test"]), 4), train=one["train"], season=4)
    expected = one["expected"][method]
    names = {"me": "ME", "rmse": "RMSE", "mae": "MAE", "mpe": "MPE", "mape": "MAPE", "mase": "MASE"}
    for ours, theirs in names.items():
        assert getattr(found, ours) == pytest.approx(expected[theirs], rel=1e-8), theirs


@golden
def test_simple_smoothing_by_least_squares_and_its_interval() -> None:
    one = case("ses-oil")
    model, expected = simple_smoothing(one["y"]), one["expected"]
    assert model.alpha == pytest.approx(expected["alpha"], abs=1e-2)
    assert model.forecast(5) == pytest.approx(expected["forecast"], rel=1e-3)
    bounds = model.interval95(5)
    assert [low for low, _ in bounds] == pytest.approx(expected["lower95"], rel=2e-3)
    assert [high for _, high in bounds] == pytest.approx(expected["upper95"], rel=2e-3)


@golden
def test_simple_smoothing_with_fixed_weight() -> None:
    y, expected = case("ses-oil")["y"], case("ses-oil-fixed")["expected"]
    model = simple_smoothing(y, alpha=0.3, level0=y[0])
    assert model.forecast(1)[0] == pytest.approx(expected["forecast"], rel=1e-12)
    assert model.last_fitted == pytest.approx(expected["last_fitted"], rel=1e-12)


@golden
def test_holt() -> None:
    one = case("holt-ausair")
    assert holt(one["y"]).forecast(5) == pytest.approx(one["expected"]["forecast5"], rel=1e-2)


@golden
def test_holt_winters_with_given_states() -> None:
    one = case("hw-additive-fixed")
    model = holt_winters(
        one["y"],
        season=4,
        alpha=one["alpha"],
        beta=one["beta"],
        gamma=one["gamma"],
        level0=one["level0"],
        trend0=one["trend0"],
        seasonal0=one["seasonal0"],
    )
    assert model.forecast(8) == pytest.approx(one["expected"]["forecast8"], rel=1e-9)
    assert model.sse == pytest.approx(one["expected"]["sse_one_step"], rel=1e-9)


@golden
def test_intermittent_demand() -> None:
    for part in case("intermittent-parts")["parts"]:
        expected = part["expected"]
        assert fc.croston(part["y"]) == pytest.approx(expected["croston_alpha_0.1"], rel=1e-9)
        assert fc.sba(part["y"]) == pytest.approx(expected["sba_alpha_0.1"], rel=1e-9)
        assert fc.demand_class(part["y"]) == expected["class"], part["part"]


@golden
def test_published_m3_forecasts_have_the_published_errors() -> None:
    expected = json.loads((SHARED / "expected.json").read_text())["m3"]["expected"]
    train: dict[str, list[float]] = {}
    test: dict[str, list[float]] = {}
    with (SHARED / "m3_monthly_40.csv").open() as file:
        for row in csv.DictReader(file):
            (train if row["set"] == "train" else test).setdefault(row["sn"], []).append(float(row["value"]))
    made: dict[str, dict[str, list[float]]] = {}
    with (SHARED / "m3_published_forecasts_40.csv").open() as file:
        for row in csv.DictReader(file):
            made.setdefault(row["method"], {}).setdefault(row["sn"], []).append(float(row["forecast"]))
    made["seasonal naive (compute it)"] = {sn: fc.seasonal_naive(values, 18, 12) for sn, values in train.items()}
    for method, answers in expected.items():
        each = [accuracy(test[sn], made[method][sn], train=train[sn], season=12) for sn in test]
        assert sum(one.smape or 0 for one in each) / len(each) == pytest.approx(answers["smape"], rel=1e-9), method
        assert sum(one.mase or 0 for one in each) / len(each) == pytest.approx(answers["mase_seasonal12"], rel=1e-9)


def test_the_backtest_chooses_what_fits() -> None:
    season = [10.0, 20.0, 30.0, 20.0] * 8
    assert fc.forecast(season, horizon=4, season=4).method in {"seasonal naive", "Holt-Winters"}
    assert fc.forecast(season, horizon=4, season=4).values == pytest.approx((10, 20, 30, 20), abs=0.1)
    line = [float(3 * step) for step in range(30)]
    found = fc.forecast(line, horizon=3)
    assert found.method == "Holt"
    assert found.values == pytest.approx((90, 93, 96), abs=0.05)
    lumpy = [0.0, 0, 5, 0, 0, 0, 9, 0, 0, 4, 0, 0, 0, 0, 7, 0, 0, 0, 3, 0]
    assert {"Croston", "SBA", "TSB"} <= fc.forecast(lumpy, horizon=3).tried.keys()


def test_a_forecast_says_its_error_and_widens() -> None:
    found = fc.forecast([5, 7, 6, 8, 5, 9, 6, 7, 8, 5, 6, 7.0], horizon=3)
    assert found.mase > 0
    widths = [high - low for low, high in zip(found.lower, found.upper, strict=True)]
    assert widths == sorted(widths) and widths[0] > 0


def test_too_few_values_are_refused() -> None:
    with pytest.raises(Refused, match="at least 6"):
        fc.forecast([1, 2, 3], horizon=2)
    with pytest.raises(Refused, match="no method"):
        fc.forecast([1.0] * 10, horizon=2, method="magic")
