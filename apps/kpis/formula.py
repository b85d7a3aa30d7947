"""Formulas of KPIs: which names they use, what unit comes out, and whether they go round in a circle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from apps.core.errors import Refused
from apps.core.expressions import Expression, Type, parse
from apps.core.expressions.nodes import Binary, Call, Literal, Name, Node, Unary
from apps.core.values.quantity import UNITS

SCALES = frozenset({"", "1", "%", "‰", "ppm"})
ADDING = frozenset({"+", "-"})
POWERS = {"²": 2, "³": 3}
_FACTOR = re.compile(r"^(?P<symbol>.*?)(?P<power>[²³])?$")


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of symbols with exponents; `written` is None where only numbers stand, which fit any unit."""

    powers: tuple[tuple[str, int], ...] = ()
    plain: bool = False

    def __str__(self) -> str:
        above = "·".join(_power(symbol, power) for symbol, power in self.powers if power > 0)
        below = "·".join(_power(symbol, -power) for symbol, power in self.powers if power < 0)
        return (above or "1") + (f"/{below}" if below else "") if self.powers else "a plain number"

    def times(self, other: Unit, sign: int = 1) -> Unit:
        powers = dict(self.powers)
        for symbol, power in other.powers:
            powers[symbol] = powers.get(symbol, 0) + sign * power
        kept = tuple(sorted((symbol, power) for symbol, power in powers.items() if power))
        return Unit(kept, plain=self.plain and other.plain)

    def dimension(self) -> tuple[tuple[str, int], ...]:
        """The same with kg and g both as mass; scales such as % count for nothing."""
        powers: dict[str, int] = {}
        for symbol, power in self.powers:
            kind = UNITS[symbol].dimension if symbol in UNITS else symbol
            powers[kind] = powers.get(kind, 0) + power
        return tuple(sorted((kind, power) for kind, power in powers.items() if power and kind != "ratio"))


PLAIN = Unit(plain=True)


def _power(symbol: str, power: int) -> str:
    return symbol if power == 1 else symbol + {2: "²", 3: "³"}.get(power, f"^{power}")


def unit_of(text: str) -> Unit:
    """€/h, kg·m, pcs and % as a Unit; scales such as % are plain ratios."""
    above, *below = text.replace("*", "·").split("/")
    powers: dict[str, int] = {}
    for sign, part in [(1, above), *((-1, one) for one in below)]:
        for factor in part.split("·"):
            symbol = factor.strip()
            if symbol in SCALES:
                continue
            match = _FACTOR.match(symbol)
            # m² and m³ are units of their own in the catalogue.
            if match is not None and match["power"] and symbol not in UNITS:
                powers[match["symbol"]] = powers.get(match["symbol"], 0) + sign * POWERS[match["power"]]
            else:
                powers[symbol] = powers.get(symbol, 0) + sign
    return Unit(tuple(sorted((symbol, power) for symbol, power in powers.items() if power)))


def parsed(text: str, units: Mapping[str, str], *, unit: str) -> Expression:
    """The formula over KPI names with these units, whose result must be able to carry `unit`.

    Raises Refused at the field `formula`: syntax (with its column), unknown name, a unit clash, a result that is no number.
    """
    try:
        expression = parse(text, names=dict.fromkeys(units, Type.NUMBER))
    except Refused as refused:
        raise Refused(refused.message, code=refused.code, field="formula", details=refused.details) from None
    if expression.type is not Type.NUMBER:
        raise Refused(f"The formula gives {expression.type}, not a number.", code="formula_type", field="formula")
    found = _unit(expression.root, {name: unit_of(one) for name, one in units.items()})
    declared = unit_of(unit)
    if not found.plain and found.dimension() != declared.dimension():
        raise Refused(
            f"The formula gives {found}, but the KPI's unit is {unit or 'empty'}. Change the formula or the unit.",
            code="formula_unit",
            field="formula",
        )
    return expression


def _unit(node: Node, units: Mapping[str, Unit]) -> Unit:
    match node:
        case Literal():
            return PLAIN
        case Name():
            return units[node.name]
        case Unary():
            return _unit(node.operand, units)
        case Binary(operator="*" | "/"):
            left, right = _unit(node.left, units), _unit(node.right, units)
            return left.times(right, 1 if node.operator == "*" else -1)
        case Binary():
            joined = _same([node.left, node.right], units, node.operator)
            return joined if node.operator in ADDING else PLAIN
        case Call():
            return _call(node, units)


def _call(node: Call, units: Mapping[str, Unit]) -> Unit:
    arguments = node.arguments
    match node.function:
        case "SAFE_DIV":
            return _unit(arguments[0], units).times(_unit(arguments[1], units), -1)
        case "IF":
            _unit(arguments[0], units)
            return _same(arguments[1:], units, "IF")
        case "ROUND":
            return _unit(arguments[0], units)
        case "COUNT" | "IS_MISSING" | "AND" | "OR" | "DATEDIFF" | "ONE_OF":
            for one in arguments:
                _unit(one, units)
            return PLAIN
    return _same(arguments, units, node.function)


def _same(nodes: Iterable[Node], units: Mapping[str, Unit], where: str) -> Unit:
    """All of one unit, plain numbers left aside."""
    found = [one for node in nodes if not (one := _unit(node, units)).plain]
    for one, other in pairwise(found):
        if one.powers != other.powers:
            raise Refused(
                f"“{where}” joins {one} and {other}. Bring both to one unit first, such as minutes / 60.",
                code="formula_unit",
                field="formula",
            )
    return found[0] if found else PLAIN


def circle(start: str, uses: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The names of a circle that leads from `start` back to itself, or nothing. `uses` maps each name to those it needs."""
    path: list[str] = []
    done: set[str] = set()

    def visit(name: str) -> bool:
        if name == start and path:
            return True
        if name in done:
            return False
        path.append(name)
        for needed in sorted(uses.get(name, ())):
            if visit(needed):
                return True
        path.pop()
        done.add(name)
        return False

    return (*path, start) if visit(start) else ()
