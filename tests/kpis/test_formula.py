"""Formulas of KPIs: units, names, circles, missing data; computed over the same departments and periods as their inputs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.values import Period
from apps.kpis import formula, queries, series, services
from apps.kpis.models import Definition
from tests.factories import people
from tests.factories.kpis import kpi

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
UNITS = {
    "good": "pcs",
    "made": "pcs",
    "hours": "h",
    "minutes": "min",
    "cost": "€",
    "rate": "€/h",
    "share": "%",
    "area": "m²",
}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("good / made * 100", "%"),
        ("cost / hours", "€/h"),
        ("rate * hours", "€"),
        ("minutes / 60 + hours - hours", "h"),
        ("IF(good > 5, cost, 0)", "€"),
        ("SAFE_DIV(cost, made)", "€/pcs"),
        ("MAX(share, 50)", "%"),
        ("cost / (rate * 8)", "h"),
        ("COUNT(good, made)", ""),
    ],
)
def test_units_that_fit(text: str, unit: str) -> None:
    if "minutes" in text:
        with pytest.raises(Refused, match="joins min and h"):
            formula.parsed(text, UNITS, unit=unit)
        return
    assert formula.parsed(text, UNITS, unit=unit)


@pytest.mark.parametrize(
    ("text", "unit", "words"),
    [
        ("cost + hours", "€", "joins € and h"),
        ("cost / hours", "€", "gives €/h, but the KPI's unit is €"),
        ("good > made", "pcs", "not a number"),
        ("IF(cost > hours, 1, 2)", "", "joins € and h"),
        ("good / nothing", "%", "“nothing” is not known"),
        ("good /", "%", "formula ends where a value is expected"),
        ("(" * 10_000 + "1" + ")" * 10_000, "", "longer than 500 characters"),
        ("(" * 200 + "1" + ")" * 200, "", "nested more than 10 deep"),
    ],
)
def test_units_and_words_that_do_not(text: str, unit: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        formula.parsed(text, UNITS, unit=unit)
    assert words in refused.value.message
    assert refused.value.field == "formula"


def test_a_circle_is_named() -> None:
    assert formula.circle("a", {"a": ["b"], "b": ["c", "d"], "c": ["a"]}) == ("a", "b", "c", "a")
    assert formula.circle("a", {"a": ["b", "c"], "b": ["c"], "c": []}) == ()
    assert formula.circle("a", {"a": ["a"]}) == ("a", "a")


@pytest.fixture
def places(db: None) -> people.Company:
    with scope.system("test"):
        return people.company()


def computed(code: str, places: people.Company, text: str, **values: object) -> Definition:
    return kpi(code, places.root, origin="formula", formula=text, **values)


def record(one: Definition, department: object, value: str, weight: str | None = None, at: datetime = START) -> None:
    row = (one.pk, department.pk, at, Decimal(value), Decimal(weight) if weight else None)  # type: ignore[attr-defined]
    batch = services.record_readings([row], source="api", department=department, actor=None)  # type: ignore[arg-type]
    services.roll_up_batch(batch.pk)


def value(one: Definition, departments: list[int], grain: str = "day") -> Decimal | None:
    period = Period.containing(START, series.zone(), grain)
    return series.series([one], departments=departments, grain=grain, start=period.start, end=period.end)[one.pk][
        0
    ].value


def test_a_formula_joins_departments_like_its_inputs(places: people.Company) -> None:
    with scope.system("test"):
        good, made = kpi("good-parts", places.root, unit="pcs"), kpi("made", places.root, unit="pcs")
        share = computed("share", places, "good_parts / made * 100", unit="%")
        doubled = computed("doubled", places, "share * 2", unit="%")
        for place, numbers in ((places.plant, ("90", "100")), (places.line, ("10", "100"))):
            record(good, place, numbers[0])
            record(made, place, numbers[1])
        both = [places.plant.pk, places.line.pk]
        assert value(share, both) == 50
        assert value(share, [places.plant.pk]) == 90
        assert value(doubled, both) == 100
        standing = queries.standings([doubled], user=None, grain="day", departments=both)[0]
        assert standing.latest is not None and standing.latest.value == 100
        each = series.by_department(share, departments=both, period=Period.containing(START, series.zone(), "day"))
        assert {key: found.value for key, found in each.items()} == {places.plant.pk: 90, places.line.pk: 10}


def test_missing_data_and_zero_give_no_value(places: people.Company) -> None:
    with scope.system("test"):
        good, made = kpi("good", places.root), kpi("made", places.root)
        share = computed("share", places, "good / made")
        record(good, places.plant, "5")
        assert value(share, [places.plant.pk]) is None
        record(made, places.plant, "0")
        assert value(share, [places.plant.pk]) is None


def test_a_formula_over_its_own_readings(places: people.Company) -> None:
    with scope.system("test"):
        spread = computed("spread", places, "largest - smallest")
        for minute, number in enumerate(("5", "11", "7")):
            record(spread, places.plant, number, at=START.replace(minute=minute))
        assert value(spread, [places.plant.pk]) == 6


def test_what_a_formula_refuses(places: people.Company) -> None:
    with scope.system("test"):
        first, second = kpi("first", places.root), computed("second", places, "first + 1")
        with pytest.raises(Refused, match="in a circle: first → second → first"):
            services.change_kpi(first, actor=None, origin="formula", formula="second * 2")
        with pytest.raises(Refused, match="in a circle: second → second"):
            services.change_kpi(Definition.objects.get(pk=second.pk), actor=None, formula="second + 1")
        low = kpi("low", places.plant)
        with pytest.raises(Refused, match="“low” is not known"):
            computed("high", places, "low + 1")
        with pytest.raises(Refused, match="is computed and takes no readings"):
            services.record_reading(kpi=second, department=places.plant, at=START, value=Decimal(1), actor=None)
        with pytest.raises(Refused, match="Formulas use this code: second"):
            services.change_kpi(Definition.objects.get(code="first"), actor=None, code="renamed")
        assert low.formula == ""


def test_a_unit_in_use_cannot_change_under_a_formula(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("minutes", places.root, unit="min")
        kpi("more", places.root, unit="min")
        computed("total-time", places, "minutes + more", unit="min")
        with pytest.raises(Refused, match="The formula of Total-Time no longer fits"):
            services.change_kpi(one, actor=None, unit="€")


def test_codes_that_formulas_cannot_tell_apart_are_refused(places: people.Company) -> None:
    with scope.system("test"):
        kpi("a-b", places.root)
        with pytest.raises(Refused, match="KPI codes differ by more than"):
            kpi("a_b", places.root)
        with pytest.raises(Refused, match="has a meaning of its own"):
            kpi("total", places.root)
