"""What stock is worth: moving average and first in, first out, folded from the ledger of one item. No ORM.

What is taken back returns at the cost it went out with. A price that turns out otherwise after the goods came (`Difference`)
revalues what of them is still there; the part for what has gone is purchase price variance. At every step, by both ways,
put in = given out + variance + left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

ZERO = Fraction(0)
Layer = tuple[Fraction, Fraction, int]  # quantity, cost of one, the move that brought it


@dataclass(frozen=True, slots=True)
class Flow:
    """A quantity that came in (above zero, with the cost of one) or went out (below zero) of what we own.

    `key` names the move where something later refers to it; `reverses` is the key of the move it takes back.
    """

    quantity: Decimal
    unit_cost: Decimal = Decimal(0)
    key: int = 0
    reverses: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """What one piece of a received quantity costs more (or less) than it was received at."""

    key: int
    quantity: Decimal
    each: Decimal


@dataclass(slots=True)
class Worth:
    """Quantity, value by moving average, value and layers by FIFO, and what has been given out by each. Exact."""

    quantity: Fraction = ZERO
    average_value: Fraction = ZERO
    given_average: Fraction = ZERO
    given_fifo: Fraction = ZERO
    variance_average: Fraction = ZERO
    variance_fifo: Fraction = ZERO
    put_in: Fraction = ZERO
    layers: deque[Layer] = field(default_factory=deque)
    gone: dict[int, tuple[Fraction, list[Layer]]] = field(default_factory=dict)  # what a move took, by average and FIFO
    owed: deque[tuple[int, Fraction]] = field(
        default_factory=deque
    )  # moves that took what was not there yet, and how much

    @property
    def average_cost(self) -> Fraction:
        return self.average_value / self.quantity if self.quantity else ZERO

    @property
    def fifo_value(self) -> Fraction:
        return sum((quantity * cost for quantity, cost, _ in self.layers), ZERO)


def fold(flows: Iterable[Flow | Difference]) -> Worth:
    """The worth after all flows in their order.

    What goes out beyond what is there (only where a place may go below zero) is owed, and given out at the cost of
    what comes in next.
    """
    worth = Worth()
    for flow in flows:
        if isinstance(flow, Difference):
            _revalue(worth, flow)
        elif flow.quantity < 0:
            _take(worth, flow)
        elif flow.reverses in worth.gone:
            _bring_back(worth, flow)
        else:
            quantity, cost = Fraction(flow.quantity), Fraction(flow.unit_cost)
            worth.put_in += quantity * cost
            worth.average_value += quantity * cost
            worth.quantity += quantity
            worth.layers.append((quantity, cost, flow.key))
        if worth.owed:
            _settle(worth)
    return worth


def _settle(worth: Worth) -> None:
    """What was owed goes out of what has come in since."""
    while worth.owed and worth.layers:
        key, short = worth.owed.popleft()
        there = sum((one[0] for one in worth.layers), ZERO)
        used, taken = min(short, there), list[Layer]()
        cost = worth.average_value * used / there
        worth.average_value -= cost
        worth.given_average += cost
        _lift(worth, used, taken)
        if key in worth.gone:
            given, before = worth.gone[key]
            worth.gone[key] = (given + cost, [*before, *taken])
        if short > used:
            worth.owed.appendleft((key, short - used))


def _take(worth: Worth, flow: Flow) -> None:
    """Oldest first; a receipt that is taken back takes its own layer first."""
    quantity = -Fraction(flow.quantity)
    left = min(quantity, max(worth.quantity, ZERO))
    given = worth.average_cost * left
    worth.average_value -= given
    worth.given_average += given
    worth.quantity -= quantity
    if quantity > left:
        worth.owed.append((flow.key, quantity - left))
    taken: list[Layer] = []
    if flow.reverses:
        own = sum((one[0] for one in worth.layers if one[2] == flow.reverses), ZERO)
        left -= _lift(worth, min(own, left), taken, only=flow.reverses)
    _lift(worth, left, taken)
    if flow.key:
        worth.gone[flow.key] = (given, taken)


def _lift(worth: Worth, quantity: Fraction, taken: list[Layer], only: int = 0) -> Fraction:
    """Takes the quantity off the layers, oldest first, those of one move `only` where one is named."""
    left, passed = quantity, list[Layer]()
    while left > 0 and worth.layers:
        have, cost, key = worth.layers.popleft()
        if only and key != only:
            passed.append((have, cost, key))
            continue
        used = min(have, left)
        taken.append((used, cost, key))
        worth.given_fifo += used * cost
        left -= used
        if used < have:
            worth.layers.appendleft((have - used, cost, key))
    worth.layers.extendleft(reversed(passed))
    return quantity - left


def _bring_back(worth: Worth, flow: Flow) -> None:
    """At what it went out with, in front of what came later."""
    given, taken = worth.gone.pop(flow.reverses)
    worth.owed = deque(one for one in worth.owed if one[0] != flow.reverses)
    worth.given_average -= given
    worth.average_value += given
    worth.quantity += Fraction(flow.quantity)
    worth.given_fifo -= sum((quantity * cost for quantity, cost, _ in taken), ZERO)
    worth.layers.extendleft(reversed(taken))


def _revalue(worth: Worth, found: Difference) -> None:
    quantity, each = Fraction(found.quantity), Fraction(found.each)
    worth.put_in += quantity * each
    held = min(quantity, max(worth.quantity, ZERO))
    worth.average_value += held * each
    worth.variance_average += (quantity - held) * each
    left, layers = quantity, deque[Layer]()
    for have, cost, key in worth.layers:
        covered = min(have, left) if key == found.key else ZERO
        if covered:
            layers.append((covered, cost + each, key))
        if have > covered:
            layers.append((have - covered, cost, key))
        left -= covered
    worth.layers = layers
    worth.variance_fifo += left * each
