"""Money, quantity and the number formatter: exact in, exact out, one look."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import Refused
from apps.core.values import Money, Quantity, Unit, format_number
from apps.core.values.quantity import UNITS

N = "\u202f"
AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False)


def eur(text: str) -> Money:
    return Money(Decimal(text), "EUR")


@given(AMOUNTS, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_split_never_loses_a_cent_and_stays_in_proportion(amount: Decimal, weights: list[int]) -> None:
    money = Money(amount, "EUR")
    parts = money.split(weights)
    assert sum(Fraction(part.amount) for part in parts) == Fraction(amount)
    for part, weight in zip(parts, weights, strict=True):
        ideal = Fraction(amount) * weight / sum(weights)
        assert abs(Fraction(part.amount) - ideal) < Fraction(1, 100)


def test_split_gives_whole_minor_units() -> None:
    assert [str(part.amount) for part in eur("100").split([1, 1, 1])] == ["33.34", "33.33", "33.33"]
    assert [str(part.amount) for part in Money(Decimal(100), "JPY").split([1, 1, 1])] == ["34", "33", "33"]
    assert [str(part.amount) for part in eur("-0.05").split([1, 1])] == ["-0.03", "-0.02"]


def test_money_knows_the_minor_units_of_its_currency() -> None:
    assert [Money.zero(code).minor_places for code in ("EUR", "JPY", "KWD")] == [2, 0, 3]
    assert eur("1.005").rounded() == eur("1.01")
    assert eur("-1.005").rounded() == eur("-1.01")


@given(AMOUNTS, AMOUNTS)
def test_adding_and_taking_away_is_exact(one: Decimal, other: Decimal) -> None:
    assert (Money(one, "EUR") + Money(other, "EUR")) - Money(other, "EUR") == Money(one, "EUR")


def test_sums_beyond_28_digits_stay_exact() -> None:
    assert (eur("1" + "0" * 30) + eur("0.01")).amount == Decimal("1" + "0" * 30 + ".01")


def test_currencies_do_not_mix() -> None:
    usd = Money(Decimal(1), "USD")
    for act in (lambda: eur("1") + usd, lambda: eur("1") < usd, lambda: Money.total([usd], "EUR")):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "mixed_currencies"
    assert eur("1") != usd


@pytest.mark.parametrize("bad", [0.1, "1", None])
def test_money_takes_no_float(bad: object) -> None:
    with pytest.raises(TypeError):
        Money(bad, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("NaN", "EUR"), ("Infinity", "EUR"), ("1", "EURO"), ("1", "eur"), ("1e999999", "EUR"), ("1e-999999", "EUR")],
)
def test_money_refuses_what_is_none(amount: str, currency: str) -> None:
    with pytest.raises(Refused):
        Money(Decimal(amount), currency)


def test_conversion_and_share() -> None:
    assert eur("100").convert("JPY", rate=Decimal("163.456")) == Money(Decimal(16346), "JPY")
    assert eur("1").ratio_to(eur("4")) == Decimal("0.25")
    assert eur("1").ratio_to(eur("0")) is None
    assert (eur("1.25") * 3).amount == Decimal("3.75")


@pytest.mark.parametrize(
    ("text", "locale", "options", "shown"),
    [
        ("1240", "en", {}, f"€{N}1{N}240.00"),
        ("-1240", "en", {"places": 0}, f"\u2212€{N}1{N}240"),
        ("18400", "en", {"compact": True, "signed": True}, f"+€{N}18.4k"),
        ("1240", "de", {}, f"1.240,00{N}€"),
        ("1240", "sv-SE", {}, f"1{N}240,00{N}€"),
    ],
)
def test_money_looks_like_the_locale(text: str, locale: str, options: dict[str, bool], shown: str) -> None:
    assert eur(text).format(locale, **options) == shown  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "places", "locale", "options", "shown"),
    [
        (Decimal("1234567.891"), 2, "en", {}, f"1{N}234{N}567.89"),
        (Decimal(1180), None, "en", {}, f"1{N}180"),
        (Decimal("-1.8"), 1, "en", {"signed": True, "unit": "pt"}, f"\u22121.8{N}pt"),
        (Decimal("0.6"), 1, "sv", {"signed": True}, "+0,6"),
        (Decimal("1234.5"), 1, "de-CH", {}, "1’234.5"),
        (Decimal("-0.04"), 1, "en", {}, "0.0"),
        (0.1, None, "en", {}, "0.1"),
        (94.2, 1, "en", {"unit": "%"}, f"94.2{N}%"),
        (Fraction(1, 3), 3, "en", {}, "0.333"),
        (None, 1, "en", {"unit": "%"}, "–"),
        (float("nan"), 1, "en", {}, "–"),
        (float("inf"), 1, "en", {}, "–"),
        (Decimal("2.5"), 0, "en", {}, "3"),
        (Decimal("-2.5"), 0, "en", {}, "\u22123"),
        (18_400, None, "en", {"compact": True}, "18.4k"),
        (9_800, None, "en", {"compact": True}, "9.8k"),
        (212_000, None, "en", {"compact": True}, "212k"),
        (1_000, None, "en", {"compact": True}, "1k"),
        (999.6, 1, "en", {"compact": True}, "1k"),
        (999_500, None, "en", {"compact": True}, "1M"),
        (-1_234_567_890, None, "de", {"compact": True}, "\u22121,23bn"),
        (999.2, 1, "en", {"compact": True}, "999.2"),
        (12, None, "en", {"compact": True}, "12"),
    ],
)
def test_numbers(value: Decimal, places: int | None, locale: str, options: dict[str, bool], shown: str) -> None:
    assert format_number(value, places, locale, **options) == shown  # type: ignore[arg-type]


@given(AMOUNTS, st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_conversions_come_back_exactly(amount: Decimal, one: str, other: str) -> None:
    quantity = Quantity.of(amount, one)
    if UNITS[one].dimension == UNITS[other].dimension:
        assert quantity.to(other).to(one) == quantity
    else:
        with pytest.raises(Refused):
            quantity.to(other)


@pytest.mark.parametrize(
    ("amount", "one", "other", "result"),
    [  # exact by definition (international yard and pound, US gallon, ISO 80000)
        ("1", "lb", "g", "453.59237"),
        ("1", "in", "mm", "25.4"),
        ("1", "ft", "in", "12"),
        ("1", "yd", "ft", "3"),
        ("16", "oz", "lb", "1"),
        ("1", "gal", "l", "3.785411784"),
        ("1", "ft²", "cm²", "929.0304"),
        ("1", "kWh", "MJ", "3.6"),
        ("1", "wk", "h", "168"),
        ("2.5", "dozen", "pcs", "30"),
        ("94.2", "%", "1", "0.942"),
    ],
)
def test_published_factors(amount: str, one: str, other: str, result: str) -> None:
    assert Quantity.of(Decimal(amount), one).to(other).amount == Fraction(result)


def test_packs_of_one_item_and_mixed_sums() -> None:
    case = Unit("case of 12", "count", Fraction(12))
    total = Quantity.of(3, case) + Quantity.of(6, "pcs")
    assert total.amount == Fraction(7, 2)
    assert total.same_as(Quantity.of(42, "pcs"))
    assert Quantity.of(1, "kg") <= Quantity.of(1000, "g") < Quantity.of(1001, "g")
    assert Quantity.of(Decimal("1234.5"), "kg").format() == f"1{N}234.5{N}kg"
    assert Quantity.of(1, "lb").to("kg").decimal(4) == Decimal("0.4536")
    with pytest.raises(Refused, match="no known unit"):
        Quantity.of(1, "furlong")
    with pytest.raises(TypeError):
        Quantity.of(0.5, "kg")  # type: ignore[arg-type]
