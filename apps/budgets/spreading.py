"""Spreading an amount over the periods of a fiscal year so that the parts foot to the last minor unit."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from apps.core.errors import Refused
from apps.core.values import Money

MOST_DIGITS = 15
MOST_PERIODS = 120
MOST_DAYS = 5 * 366


def checked(amount: Decimal, currency: str, *, field: str = "amount") -> Decimal:
    """An amount of whole minor units in a size that books can hold, or a refusal that says which."""
    value = Money(Decimal(amount), currency)
    if value.amount.adjusted() >= MOST_DIGITS:
        raise Refused("This amount has too many digits. Check it.", code="too_large", field=field)
    if value.amount != value.rounded().amount:
        raise Refused(
            f"{currency} has {value.minor_places} decimals. Round the amount to them.", code="precision", field=field
        )
    return value.amount


def ends_of(rhythm: str, starts_on: date) -> list[date]:
    """The last days of the periods of a fiscal year that begins that day."""
    if rhythm == "445":
        weeks = [4, 4, 5] * 4
        return [starts_on + timedelta(weeks=sum(weeks[: number + 1]), days=-1) for number in range(12)]
    months = {"month": 1, "quarter": 3, "year": 12}[rhythm]
    return [_months_later(starts_on, number) - timedelta(days=1) for number in range(months, 13, months)]


def own_ends(ends: list[date], starts_on: date) -> list[date]:
    """Period ends as somebody named them: rising, none before the year begins, in a span that a budget can have."""
    if not ends:
        raise Refused(
            "Name the last day of each period, such as 2026-01-29 2026-03-01.", code="ends", field="period_ends"
        )
    if len(ends) > MOST_PERIODS:
        raise Refused(f"A budget has at most {MOST_PERIODS} periods.", code="ends", field="period_ends")
    for before, after in zip([starts_on - timedelta(days=1), *ends], ends, strict=False):
        if after <= before:
            raise Refused(
                f"Each period ends after the one before; {after:%Y-%m-%d} does not end after {before:%Y-%m-%d}.",
                code="ends",
                field="period_ends",
            )
    if (ends[-1] - starts_on).days > MOST_DAYS:
        raise Refused("A budget covers at most five years.", code="ends", field="period_ends")
    return ends


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, day.day)


def weights_from(text: str, periods: int) -> list[Decimal | None]:
    """Numbers separated by spaces or semicolons, one per period; “-” leaves a period without a budget."""
    words = text.replace(";", " ").split()
    if len(words) != periods:
        raise Refused(
            f"There are {periods} periods, so give {periods} numbers; there are {len(words)}.",
            code="weights",
            field="weights",
        )
    try:
        found = [None if word == "-" else Decimal(word) for word in words]
    except InvalidOperation as error:
        raise Refused("Give numbers separated by spaces, such as 1 1.5 2.", code="weights", field="weights") from error
    if any(one is not None and not one.is_finite() for one in found):
        raise Refused("Give numbers separated by spaces, such as 1 1.5 2.", code="weights", field="weights")
    return found


def spread_amount(total: Decimal, currency: str, weights: list[Decimal]) -> list[Decimal]:
    """Parts in proportion to the weights; what rounding leaves goes to the largest remainders."""
    return [part.amount for part in Money(total, currency).split(weights)]


def from_driver(quantity: Decimal, rate: Decimal, currency: str) -> Decimal:
    """Quantity × rate, rounded once, half up."""
    return (Money(quantity, currency) * rate).rounded().amount
