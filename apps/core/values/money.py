"""Money as an exact amount with its currency, so that sums never mix currencies and splits never lose a cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache

from babel import Locale
from babel.numbers import get_currency_precision, get_currency_symbol, list_currencies

from apps.core.errors import Refused
from apps.core.values.numbers import NARROW_SPACE, format_number, round_half_up


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217). Amounts of different currencies are never added, compared or summed."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount, float) or not isinstance(self.amount, Decimal | int):
            raise TypeError("Money takes a Decimal or an int, never a float.")
        object.__setattr__(self, "amount", Decimal(self.amount))
        if not self.amount.is_finite():
            raise Refused("Enter the amount as a number.", code="not_a_number", field="amount")
        exponent = self.amount.as_tuple().exponent
        if self.amount.adjusted() > 40 or (isinstance(exponent, int) and exponent < -20):
            raise Refused("Enter an amount of a usual size.", code="amount_out_of_range", field="amount")
        if self.currency not in _currencies():
            raise Refused(
                f"“{self.currency[:10]}” is no currency code. Use three letters such as EUR.",
                code="unknown_currency",
                field="currency",
            )

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(Decimal(0), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum; `currency` is named so that an empty sum is known too."""
        result = cls.zero(currency)
        for amount in amounts:
            result += amount
        return result

    @property
    def minor_places(self) -> int:
        """Decimals of the currency: 2 for EUR, 0 for JPY, 3 for KWD."""
        return get_currency_precision(self.currency)

    def rounded(self) -> Money:
        """To whole minor units, half up."""
        return Money(round_half_up(self.amount, self.minor_places), self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(_exact(Fraction(self.amount) + Fraction(self._same(other).amount)), self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __neg__(self) -> Money:
        return Money(self.amount.copy_negate(), self.currency)

    def __abs__(self) -> Money:
        return Money(self.amount.copy_abs(), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        """Exact; call `rounded` where the amount is to be paid."""
        if isinstance(factor, float) or not isinstance(factor, Decimal | int):
            raise TypeError("Multiply money by a Decimal or an int.")
        return Money(_exact(Fraction(self.amount) * Fraction(factor)), self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other).amount

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other).amount

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other).amount

    def ratio_to(self, other: Money) -> Decimal | None:
        """This as a share of `other`; no value, never 0, where `other` is nothing."""
        return self.amount / other.amount if self._same(other).amount else None

    def convert(self, currency: str, *, rate: Decimal) -> Money:
        """At `rate` units of `currency` for one of this, to whole minor units."""
        return Money(_exact(Fraction(self.amount) * Fraction(rate)), currency).rounded()

    def split(self, weights: Sequence[int | Decimal]) -> tuple[Money, ...]:
        """Shares in proportion to `weights` that add up to this amount exactly.

        Shares are whole minor units (finer only where the amount itself is finer); what is left over goes to
        the largest remainders, the earlier share first.
        """
        shares = [Fraction(weight) for weight in weights]
        whole = sum(shares)
        if not shares or min(shares) < 0 or whole == 0:
            raise Refused("Give at least one weight above zero and none below.", code="bad_weights")
        places = max(self.minor_places, _places(self.amount))
        units = int(Fraction(abs(self.amount)) * 10**places)
        ideal = [units * share / whole for share in shares]
        parts = [int(part) for part in ideal]
        by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - ideal[i])
        for index in by_remainder[: units - sum(parts)]:
            parts[index] += 1
        sign = -1 if self.amount < 0 else 1
        return tuple(Money(Decimal(sign * part).scaleb(-places), self.currency) for part in parts)

    def format(
        self, locale: str = "en", *, places: int | None = None, compact: bool = False, signed: bool = False
    ) -> str:
        """For people, symbol where the locale puts it: “€ 1 240.00”, “1.240,00 €”, “+€ 18.4k”."""
        shown = self.minor_places if places is None else places
        number = format_number(self.amount, shown, locale, compact=compact, signed=signed)
        parsed = Locale.parse(locale.replace("-", "_"))
        symbol = get_currency_symbol(self.currency, locale=parsed)
        if not parsed.currency_formats["standard"].pattern.startswith("¤"):
            return f"{number}{NARROW_SPACE}{symbol}"
        sign = number[0] if number[0] in "+\u2212" else ""
        return f"{sign}{symbol}{NARROW_SPACE}{number[len(sign) :]}"

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def _same(self, other: Money) -> Money:
        if not isinstance(other, Money):
            raise TypeError("Money goes with money only.")
        if other.currency != self.currency:
            raise Refused(
                f"{self.currency} and {other.currency} cannot be added or compared. Convert one of them first.",
                code="mixed_currencies",
                field="currency",
            )
        return other


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def _places(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _exact(value: Fraction) -> Decimal:
    """A decimal fraction as Decimal without the 28-digit rounding of the context."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(abs((value * 10**places).numerator))
    return Decimal((int(value < 0), tuple(map(int, digits)), -places))
