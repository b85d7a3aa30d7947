"""The one number formatter, so that screen, PDF and message show the same figure in the same way."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from babel import Locale

NARROW_SPACE = "\u202f"
MINUS = "\u2212"
NO_VALUE = "\u2013"
SPACES_AND_COMMA = {",", " ", "\u00a0", NARROW_SPACE}
COMPACT_STEPS = ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))

Number = Decimal | Fraction | int | float


def format_number(
    value: Number | None,
    places: int | None = None,
    locale: str = "en",
    *,
    compact: bool = False,
    signed: bool = False,
    unit: str = "",
) -> str:
    """`value` for people: narrow spaces as thousands mark (or the locale's point), real minus, unit kept on the line.

    places: decimals shown, rounded half up; None keeps those the value has (at most 6).
    compact: three significant digits with k, M or bn from a thousand on. signed: a plus before positive values.
    No value at all, or one that is not finite, shows as a dash.
    """
    if value is None:
        return NO_VALUE
    exact = to_decimal(value)
    if not exact.is_finite():
        return NO_VALUE
    suffix = ""
    if compact and abs(exact) >= 999 and abs(rounded := _three_digits(exact)) >= 1000:
        step, suffix = next(pair for pair in COMPACT_STEPS if abs(rounded) >= pair[0])
        exact = (rounded / step).normalize()
        places = None
    if places is None:
        places = min(6, max(0, -_exponent(exact.normalize() if suffix or isinstance(value, float) else exact)))
    return _assemble(exact, places, locale, signed, suffix) + (f"{NARROW_SPACE}{unit}" if unit else "")


def _assemble(exact: Decimal, places: int, locale: str, signed: bool, suffix: str) -> str:
    rounded = round_half_up(exact, places)
    symbols = Locale.parse(locale.replace("-", "_")).number_symbols["latn"]
    group = str(symbols["group"])
    text = f"{abs(rounded):,.{places}f}"
    whole, _, decimals = text.partition(".")
    whole = whole.replace(",", NARROW_SPACE if group in SPACES_AND_COMMA else group)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return sign + whole + (str(symbols["decimal"]) + decimals if decimals else "") + suffix


def to_decimal(value: Number) -> Decimal:
    """A float is read by its shortest text, so that 0.1 stays 0.1."""
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def round_half_up(value: Decimal | Fraction, places: int) -> Decimal:
    """Commercial rounding at `places` decimals, exact for numbers of any length."""
    scaled = Fraction(value) * 10**places
    whole = int(abs(scaled) + Fraction(1, 2))
    return Decimal(-whole if scaled < 0 else whole).scaleb(-places)


def _three_digits(value: Decimal) -> Decimal:
    exponent = max(value.adjusted() - 2, -6)
    return value.quantize(Decimal(1).scaleb(exponent), rounding=ROUND_HALF_UP)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
