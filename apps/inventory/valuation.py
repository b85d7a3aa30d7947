"""What stock is worth: moving average and first in, first out, folded from the moves of one item. No ORM."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Flow:
    """A quantity that came in (above zero, with the cost of one) or went out (below zero) of what we own."""

    quantity: Decimal
    unit_cost: Decimal = Decimal(0)


@dataclass(slots=True)
class Worth:
    """Quantity, value by moving average, value and layers by FIFO, and what has been given out by each. Exact."""

    quantity: Fraction = Fraction(0)
    average_value: Fraction = Fraction(0)
    given_average: Fraction = Fraction(0)
    given_fifo: Fraction = Fraction(0)
    put_in: Fraction = Fraction(0)
    layers: deque[tuple[Fraction, Fraction]] = field(default_factory=deque)  # quantity, cost of one

    @property
    def average_cost(self) -> Fraction:
        return self.average_value / self.quantity if self.quantity else Fraction(0)

    @property
    def fifo_value(self) -> Fraction:
        return sum((quantity * cost for quantity, cost in self.layers), Fraction(0))


def fold(flows: Iterable[Flow]) -> Worth:
    """The worth after all flows in their order; at every step put in = given out + left, by both ways.

    What goes out beyond what is there (only where a place may go below zero) is given out at no cost.
    """
    worth = Worth()
    for flow in flows:
        quantity = Fraction(flow.quantity)
        if quantity > 0:
            cost = Fraction(flow.unit_cost)
            worth.put_in += quantity * cost
            worth.average_value += quantity * cost
            worth.quantity += quantity
            worth.layers.append((quantity, cost))
        else:
            _take(worth, -quantity)
    return worth


def _take(worth: Worth, quantity: Fraction) -> None:
    taken = min(quantity, max(worth.quantity, Fraction(0)))
    given = worth.average_cost * taken
    worth.average_value -= given
    worth.given_average += given
    worth.quantity -= quantity
    while taken > 0 and worth.layers:
        have, cost = worth.layers[0]
        used = min(have, taken)
        worth.given_fifo += used * cost
        taken -= used
        if used == have:
            worth.layers.popleft()
        else:
            worth.layers[0] = (have - used, cost)
