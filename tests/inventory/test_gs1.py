"""GS1 codes as the General Specifications print them, and what is none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import Refused
from apps.inventory import gs1

TODAY = date(2026, 11, 24)
GS = "\x1d"


@pytest.mark.parametrize(
    ("digits", "check"),
    [("629104150021", "3"), ("0950600013437", "6"), ("9638507", "4"), ("03600029145", "2"), ("37610425002123456", "9")],
)
def test_published_check_digits(digits: str, check: str) -> None:
    assert gs1.check_digit(digits) == check


def test_an_element_string_with_separators() -> None:
    said = gs1.parse(f"]C1010950600013437617270430100B123{GS}21SN7{GS}30025", today=TODAY)
    assert said.gtin == "09506000134376"
    assert said.expires_on == date(2027, 4, 30)
    assert (said.lot, said.serial, said.quantity) == ("0B123", "SN7", Decimal(25))


def test_brackets_measures_and_the_last_day_of_a_month() -> None:
    said = gs1.parse("(01)09506000134376(3103)001750(17)280200(10)AB-12", today=TODAY)
    assert (said.quantity, said.unit) == (Decimal("1.750"), "kg")
    assert said.expires_on == date(2028, 2, 29)
    assert said.lot == "AB-12"


@pytest.mark.parametrize(("short", "year"), [("760101", 2076), ("770101", 1977), ("260101", 2026), ("000101", 2000)])
def test_years_lie_within_fifty_years(short: str, year: int) -> None:
    assert gs1.parse(f"11{short}", today=TODAY).made_on == date(year, 1, 1)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "0109506000134375",  # check digit
        "010950600013437",  # too short
        "17271301",  # month 13
        "17270230",  # 30 February
        "(10)" + "x" * 21,
        "(01)09506000134376(01)00012345600012",
        "89nonsense",
        "(01)0950600013437(10",
        "3109000001",
        "30",
    ],
)
def test_what_is_no_code_says_so(code: str) -> None:
    with pytest.raises(Refused) as caught:
        gs1.parse(code, today=TODAY)
    assert caught.value.code == "no_code"


def test_what_is_written_for_scanners_is_read_back() -> None:
    """The element string of the GS1 General Specifications: a lot of open length is ended by a GS unless it stands last."""
    pairs = [("01", "09506000134376"), ("10", "AB-12/7"), ("17", "270430"), ("21", "S(1)")]
    code = gs1.encode(pairs)
    assert code == "010950600013437610AB-12/7\x1d1727043021S(1)"
    found = gs1.parse(code, today=TODAY)
    assert (found.gtin, found.lot, found.serial, found.expires_on) == (
        "09506000134376",
        "AB-12/7",
        "S(1)",
        date(2027, 4, 30),
    )
    assert gs1.written(pairs[:2]) == "(01)09506000134376(10)AB-12/7"
    with pytest.raises(Refused):
        gs1.encode([("10", "A\x1dB")])


@pytest.mark.parametrize(
    "code",
    [
        "(01)09506000134376(91)ABC",
        f"010950600013437691ABC{GS}10L1",
        "(01)09506000134376(3922)1234(423)276250",
        "(01)09506000134376(3302)001750(411)4012345000009",
        "(00)376104250021234569(403)X1(8008)26112410",
    ],
)
def test_identifiers_that_mean_nothing_here_do_not_stop_a_scan(code: str) -> None:
    said = gs1.parse(code, today=TODAY)
    assert said.gtin or said.sscc
    assert said.others and said.quantity is None


def test_an_expiry_with_its_time_is_an_expiry() -> None:
    assert gs1.parse("(01)09506000134376(7003)2704301200", today=TODAY).expires_on == date(2027, 4, 30)


@pytest.mark.parametrize("code", ["(30)²", "(17)²70430", "(01)0950600013437²", "(3103)٣٣٣٣٣٣"])
def test_digits_of_other_kinds_are_none(code: str) -> None:
    with pytest.raises(Refused):
        gs1.parse(code, today=TODAY)
