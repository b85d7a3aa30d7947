"""Exact arithmetic with 28 digits in which a missing value stays missing and nothing overflows into an error."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN, Emax=999, Emin=-999, traps=[])
COMPARED_PLACES = 10
_PLACE = [Decimal(1).scaleb(-places) for places in range(COMPARED_PLACES + 1)]


def settled(number: Decimal) -> Decimal | None:
    """The number, or no value where there is none (not finite, or beyond any measure)."""
    return number if number.is_finite() else None


def divide(left: Decimal, right: Decimal) -> Decimal | None:
    return settled(CONTEXT.divide(left, right)) if right else None


def round_to(number: Decimal, places: int) -> Decimal:
    """Half away from zero, as the database rounds; a number too long for that many places keeps its 28 digits."""
    exact = Context(prec=2100, rounding=ROUND_HALF_UP, Emax=9999, Emin=-9999, traps=[])
    rounded = exact.quantize(number, _PLACE[places])
    return rounded if len(rounded.as_tuple().digits) <= CONTEXT.prec else number
