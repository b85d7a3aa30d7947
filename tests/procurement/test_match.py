"""Three-way match: order, goods and price hold or not, tolerance by percentage and amount, shared goods."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import Refused
from apps.procurement.lines import REQUISITION, check_lines
from apps.procurement.match import (
    Claim,
    LineState,
    Outcome,
    Tolerance,
    match_credit,
    match_credits,
    match_invoice,
    match_line,
)

KEY = ("PO1", 1)
TWO_PERCENT = Tolerance(D(2), D(50))


def judged(
    state: LineState | None, quantity: str, price: str, *, over: str = "0", price_tolerance: Tolerance = TWO_PERCENT
):
    return match_line(state, Claim(KEY, D(quantity), D(price)), price=price_tolerance, over_percent=D(over))


@pytest.mark.parametrize(
    ("accepted", "invoiced", "quantity", "price", "outcome"),
    [
        ("100", "0", "100", "10", Outcome.MATCHED),
        ("100", "0", "100", "10.20", Outcome.MATCHED),  # 2.00 % and 20.00: at both limits or below
        ("100", "0", "100", "10.21", Outcome.VARIANCE),  # 2.1 %
        ("100", "0", "100", "9", Outcome.MATCHED),  # in our favour
        ("60", "0", "60", "10", Outcome.MATCHED),  # a part
        ("60", "0", "61", "10", Outcome.MISSING),
        ("60", "60", "1", "10", Outcome.MISSING),
        ("0", "0", "100", "10", Outcome.MISSING),
        ("100", "0", "101", "10", Outcome.OVER),
        ("100", "60", "41", "10", Outcome.OVER),
    ],
)
def test_outcomes(accepted: str, invoiced: str, quantity: str, price: str, outcome: Outcome) -> None:
    state = LineState(D(100), D(10), D(accepted), D(invoiced))
    assert judged(state, quantity, price).outcome == outcome


def test_tolerance_needs_percentage_and_amount() -> None:
    """1 % of 10 000 is within 2 % but beyond the 50 agreed; 3 % of 100 is within 50 but beyond 2 %."""
    large = LineState(D(1000), D(10), D(1000))
    assert judged(large, "1000", "10.10").outcome == Outcome.VARIANCE
    small = LineState(D(10), D(10), D(10))
    assert judged(small, "10", "10.30").outcome == Outcome.VARIANCE
    assert judged(small, "10", "10.20").outcome == Outcome.MATCHED


def test_both_variances_are_given_apart() -> None:
    """Textbook: price variance (actual − standard price) × actual quantity; quantity variance at the standard price."""
    verdict = judged(LineState(D(100), D(10), D(90)), "100", "11")
    assert (verdict.outcome, verdict.price_variance, verdict.quantity_variance) == (Outcome.MISSING, D(100), D(100))


def test_no_order_line_is_never_matched() -> None:
    assert judged(None, "1", "1").outcome == Outcome.NO_ORDER


def test_two_lines_of_one_invoice_share_the_goods() -> None:
    found = match_invoice(
        [Claim(KEY, D(60), D(10)), Claim(KEY, D(60), D(10))],
        {KEY: LineState(D(120), D(10), D(100))},
        price=TWO_PERCENT,
        over_percent=D(0),
    )
    assert [one.outcome for one in found] == [Outcome.MATCHED, Outcome.MISSING]


@given(
    parts=st.lists(st.decimals("0.01", "500", places=2), min_size=1, max_size=8),
    accepted=st.decimals("0", "1000", places=2),
)
def test_what_matches_never_exceeds_what_was_accepted(parts: list[D], accepted: D) -> None:
    found = match_invoice(
        [Claim(KEY, one, D(10)) for one in parts],
        {KEY: LineState(D(1000), D(10), accepted)},
        price=TWO_PERCENT,
        over_percent=D(0),
    )
    matched = D(0)
    for one in found:
        if one.outcome != Outcome.MATCHED:
            break
        matched += one.claim.quantity
    assert matched <= accepted


@pytest.mark.parametrize(
    ("invoiced", "accepted", "quantity", "price", "outcome"),
    [
        ("10", "7", "3", "4", Outcome.MATCHED),
        ("10", "7", "2", "4.5", Outcome.MATCHED),  # gives back more: fine
        ("10", "7", "3", "3.95", Outcome.MATCHED),  # 5 cents short, within 2 %
        ("10", "7", "3", "3", Outcome.VARIANCE),
        ("10", "7", "4", "4", Outcome.NOT_RETURNED),
        ("10", "10", "1", "4", Outcome.NOT_RETURNED),
        ("5", "10", "1", "4", Outcome.NOT_RETURNED),
    ],
)
def test_a_credit_gives_back_what_was_invoiced_and_not_kept(
    invoiced: str, accepted: str, quantity: str, price: str, outcome: Outcome
) -> None:
    state = LineState(D(10), D(4), D(accepted), D(invoiced))
    tolerance = Tolerance(D(2), D(50))
    assert match_credit(state, Claim(("PO1", 1), D(quantity), D(price)), price=tolerance).outcome == outcome
    assert match_credit(None, Claim(("PO1", 1), D(1), D(4)), price=tolerance).outcome == Outcome.NO_ORDER


def test_two_credit_lines_share_what_went_back() -> None:
    states = {("PO1", 1): LineState(D(10), D(4), D(7), D(10))}
    claims = [Claim(("PO1", 1), D(2), D(4)), Claim(("PO1", 1), D(2), D(4))]
    found = match_credits(claims, states, price=Tolerance())
    assert [one.outcome for one in found] == [Outcome.MATCHED, Outcome.NOT_RETURNED]
    assert found[1].quantity_variance == 4


@pytest.mark.parametrize("text", ["1,234", "12,500"])
def test_a_comma_that_may_be_either_is_asked_about(text: str) -> None:
    """Read as a decimal comma it would order a thousandth of what was meant."""
    with pytest.raises(Refused, match="without comma"):
        check_lines([{"text": "Bolts", "quantity": text}], REQUISITION)
    assert check_lines([{"text": "Bolts", "quantity": "1,5", "price": "0,125"}], REQUISITION)[0]["price"] == "0.125"
