"""Units of measure with exact factors: a quantity is converted without losing a digit, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from apps.core.errors import Refused

PLACES = 6
STEP = Decimal(1).scaleb(-PLACES)
MOST = Decimal(10) ** 12


@dataclass(frozen=True, slots=True)
class Unit:
    """`factor` says how many of the dimension's first unit one of it is, exactly (SI and the international yard and pound)."""

    code: str
    name: str
    dimension: str
    factor: Fraction


def _units(dimension: str, *rows: tuple[str, str, str]) -> dict[str, Unit]:
    return {code: Unit(code, name, dimension, Fraction(factor)) for code, name, factor in rows}


UNITS: dict[str, Unit] = {
    **_units("count", ("pcs", "Pieces", "1"), ("pair", "Pairs", "2"), ("doz", "Dozens", "12"), ("gross", "Gross", "144")),
    **_units(
        "mass", ("g", "Grams", "1"), ("mg", "Milligrams", "1/1000"), ("kg", "Kilograms", "1000"), ("t", "Tonnes", "1000000"),
        ("lb", "Pounds", "453.59237"), ("oz", "Ounces", "28.349523125"),
    ),
    **_units(
        "length", ("m", "Metres", "1"), ("mm", "Millimetres", "1/1000"), ("cm", "Centimetres", "1/100"), ("km", "Kilometres", "1000"),
        ("in", "Inches", "0.0254"), ("ft", "Feet", "0.3048"), ("yd", "Yards", "0.9144"),
    ),
    **_units(
        "volume", ("l", "Litres", "1"), ("ml", "Millilitres", "1/1000"), ("m3", "Cubic metres", "1000"),
        ("gal", "US gallons", "3.785411784"), ("floz", "US fluid ounces", "0.0295735295625"),
    ),
    **_units("area", ("m2", "Square metres", "1"), ("cm2", "Square centimetres", "1/10000"), ("ft2", "Square feet", "0.09290304")),
    **_units("time", ("h", "Hours", "1"), ("min", "Minutes", "1/60"), ("d", "Days", "24")),
}  # fmt: skip
CHOICES = [(one.code, f"{one.name} ({one.code})") for one in UNITS.values()]


def to_base(quantity: Decimal, unit: str, base: str, packs: Mapping[str, object] | None = None) -> Decimal:
    """`quantity` of `unit` in the item's own unit, exact to six places; packs are units of the item, such as a box of 12.

    Raises Refused where the units do not belong together, or the answer does not end within six places.
    """
    check_quantity(quantity)
    factor = _factor(unit, base, packs or {})
    exact = Fraction(quantity) * factor
    whole = exact * 10**PLACES
    if whole.denominator != 1:
        raise Refused(
            f"{quantity} {unit} is no exact quantity in {base}. Enter it in {base}.", code="not_exact", field="quantity"
        )
    return check_quantity(Decimal(whole.numerator).scaleb(-PLACES))


def check_quantity(quantity: Decimal) -> Decimal:
    """More than zero, at most six places, less than a million million."""
    if not quantity.is_finite() or quantity <= 0:
        raise Refused(
            "A quantity is more than zero. To take stock back, reverse the move.", code="quantity", field="quantity"
        )
    if quantity >= MOST:
        raise Refused("A quantity is less than a million million.", code="quantity", field="quantity")
    if quantity != quantity.quantize(STEP):
        raise Refused("A quantity has at most six decimal places.", code="quantity", field="quantity")
    return quantity


def _factor(unit: str, base: str, packs: Mapping[str, object]) -> Fraction:
    if unit == base:
        return Fraction(1)
    if unit in packs:
        return Fraction(str(packs[unit]))
    known, target = UNITS.get(unit), UNITS.get(base)
    if known is None or target is None or known.dimension != target.dimension:
        fitting = [one.code for one in UNITS.values() if target is not None and one.dimension == target.dimension]
        raise Refused(
            f"'{unit}' cannot be counted in {base}. Use one of: {', '.join([*packs, *fitting]) or base}.",
            code="unit",
            field="unit",
        )
    return known.factor / target.factor


def check_packs(found: object, base: str) -> dict[str, str]:
    """Packs as name → how many of the base unit; refuses what is no positive number or a unit's own name."""
    if not isinstance(found, dict) or len(found) > 20:
        raise Refused("Packs are at most 20 names, each with how many it holds.", code="packs", field="packs")
    kept: dict[str, str] = {}
    for name, value in found.items():
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            number = Decimal(0)
        if not isinstance(name, str) or not name.isascii() or not name.isalnum() or len(name) > 12 or name in UNITS:
            raise Refused(f"'{name}' is no name for a pack. Use letters, such as box.", code="packs", field="packs")
        if not number.is_finite() or number <= 0 or number != number.quantize(STEP) or number >= MOST:
            raise Refused(f"A {name} holds a number of {base}, more than zero.", code="packs", field="packs")
        kept[name] = f"{number.normalize():f}"
    return kept
