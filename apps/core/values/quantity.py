"""Quantities with exact units, so that a dozen stays twelve and a pound comes back as the pound it was."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from apps.core.errors import Refused
from apps.core.values.numbers import format_number, round_half_up


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit; `factor` is its exact size in the base unit of its dimension. Packs of one item are made the same way."""

    code: str
    dimension: str
    factor: Fraction = Fraction(1)


def _catalogue() -> dict[str, Unit]:
    sizes = {
        "count": "pcs 1, pair 2, dozen 12, gross 144",
        "mass": "kg 1, g 1/1000, mg 1/1000000, t 1000, lb 45359237/100000000, oz 45359237/1600000000",
        "length": "m 1, km 1000, cm 1/100, mm 1/1000, µm 1/1000000, in 127/5000, ft 381/1250, yd 1143/1250",
        "area": "m² 1, cm² 1/10000, mm² 1/1000000, ha 10000, ft² 145161/1562500",
        "volume": "m³ 1, l 1/1000, ml 1/1000000, cm³ 1/1000000, gal 473176473/125000000000",
        "time": "s 1, min 60, h 3600, d 86400, wk 604800",
        "energy": "J 1, kJ 1000, MJ 1000000, kWh 3600000, MWh 3600000000",
        "ratio": "1 1, % 1/100, ‰ 1/1000, ppm 1/1000000",
    }
    units = {}
    for dimension, text in sizes.items():
        for entry in text.split(", "):
            code, factor = entry.split(" ")
            units[code] = Unit(code, dimension, Fraction(factor))
    return units


UNITS = _catalogue()


def unit(code: str) -> Unit:
    """The unit of that code; refuses an unknown one."""
    if code not in UNITS:
        raise Refused(
            f"“{code[:20]}” is no known unit. Use one of: {', '.join(UNITS)}.", code="unknown_unit", field="unit"
        )
    return UNITS[code]


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact number of a unit. Adding and comparing converts within a dimension and refuses across dimensions."""

    amount: Fraction
    unit: Unit

    @classmethod
    def of(cls, amount: Decimal | Fraction | int, code: str | Unit) -> Quantity:
        if isinstance(amount, float):
            raise TypeError("A quantity takes a Decimal, Fraction or int, never a float.")
        return cls(Fraction(amount), unit(code) if isinstance(code, str) else code)

    def to(self, code: str | Unit) -> Quantity:
        """The same quantity in another unit of the dimension, exactly."""
        other = unit(code) if isinstance(code, str) else code
        if other.dimension != self.unit.dimension:
            raise Refused(
                f"{self.unit.code} measures {self.unit.dimension} and {other.code} measures {other.dimension}. "
                "Choose units of the same kind.",
                code="other_dimension",
                field="unit",
            )
        return Quantity(self.amount * self.unit.factor / other.factor, other)

    def decimal(self, places: int) -> Decimal:
        """The number for storage or show, rounded half up."""
        return round_half_up(self.amount, places)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount + other.to(self.unit).amount, self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.amount - other.to(self.unit).amount, self.unit)

    def __neg__(self) -> Quantity:
        return Quantity(-self.amount, self.unit)

    def __mul__(self, factor: Decimal | Fraction | int) -> Quantity:
        if isinstance(factor, float):
            raise TypeError("Multiply a quantity by a Decimal, Fraction or int.")
        return Quantity(self.amount * Fraction(factor), self.unit)

    __rmul__ = __mul__

    def __lt__(self, other: Quantity) -> bool:
        return self.amount < other.to(self.unit).amount

    def __le__(self, other: Quantity) -> bool:
        return self.amount <= other.to(self.unit).amount

    def same_as(self, other: Quantity) -> bool:
        """Equal in size though perhaps in another unit (1 dozen, 12 pcs)."""
        return self.amount == other.to(self.unit).amount

    def format(self, locale: str = "en", *, places: int | None = None) -> str:
        return format_number(self.amount, places, locale, unit=self.unit.code)
