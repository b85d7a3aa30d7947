"""Searches a decision table for values no rule covers and values that several cover, exactly, as boxes in its inputs.

Every column falls into the pieces that its tests tell apart: single values and the stretches between them. Rules are sets
of pieces; a walk over the columns that joins pieces with the same rules finds every region without trying all values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apps.workflows.dmn.evaluating import ORDERED, equal, evaluate, passes
from apps.workflows.dmn.nodes import Equal, Node, Range, Tests
from apps.workflows.dmn.parsing import unary
from apps.workflows.dmn.table import Ready, is_constant
from apps.workflows.dmn.values import Value, kind_of, written

MOST_FOUND = 50
MOST_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class Region:
    """A box of input values: one text per column, “any” where the column does not matter."""

    where: tuple[str, ...]
    rules: tuple[int, ...] = ()
    agree: bool = True  # the rules that meet here have the same outcome


@dataclass(frozen=True, slots=True)
class Report:
    gaps: tuple[Region, ...]
    overlaps: tuple[Region, ...]
    unchecked: tuple[str, ...] = ()  # cells that are no constants, which no search can see into
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    rules: int  # bit per rule


def report(table: Ready) -> Report:
    """Every gap and overlap, located; the first 50 of each."""
    open_cells = tuple(
        f"Rule {number}, {column.label or column.name}"
        for number, tests in enumerate(table.tests, 1)
        for test, column in zip(tests, table.table.inputs, strict=True)
        if not is_constant(test)
    )
    usable = [all(is_constant(test) for test in tests) for tests in table.tests]
    columns = [_pieces(table, at, usable) for at in range(len(table.inputs))]
    everything = sum(1 << number for number, fine in enumerate(usable) if fine)
    steps = [0]
    gaps: list[Region] = []
    overlaps: list[Region] = []
    for where, rules in _walk(columns, everything, (), steps):
        if not rules and len(gaps) < MOST_FOUND:
            gaps.append(Region(where))
        elif rules.bit_count() > 1 and len(overlaps) < MOST_FOUND:
            numbers = tuple(number + 1 for number in range(len(usable)) if rules >> number & 1)
            overlaps.append(Region(where, numbers, _agree(table, numbers)))
        if len(gaps) >= MOST_FOUND and len(overlaps) >= MOST_FOUND:
            break
    complete = steps[0] < MOST_STEPS and len(gaps) < MOST_FOUND and len(overlaps) < MOST_FOUND
    return Report(tuple(gaps), tuple(overlaps), open_cells, complete)


def _walk(
    columns: list[list[_Piece]], rules: int, where: tuple[str, ...], steps: list[int]
) -> Iterator[tuple[tuple[str, ...], int]]:
    """Boxes of the columns from here on, with the rules that cover them; only gaps and overlaps are followed."""
    steps[0] += 1
    if steps[0] > MOST_STEPS:
        return
    if len(where) == len(columns) or not rules:
        yield (*where, *("any" for _ in columns[len(where) :])), rules
        return
    together: dict[int, list[str]] = {}
    for piece in columns[len(where)]:
        together.setdefault(piece.rules & rules, []).append(piece.text)
    single = len(together) == 1
    for kept, texts in together.items():
        yield from _walk(columns, kept, (*where, "any" if single else _joined(texts)), steps)


def _joined(texts: list[str]) -> str:
    return " or ".join(texts) if len(texts) <= 4 else f"{' or '.join(texts[:3])} or {len(texts) - 3} more"


def _agree(table: Ready, numbers: tuple[int, ...]) -> bool:
    entries = [[evaluate(node, {}) for node in table.entries[number - 1]] for number in numbers]
    return all(equal(a, b) is True for other in entries[1:] for a, b in zip(entries[0], other, strict=True))


def _pieces(table: Ready, at: int, usable: list[bool]) -> list[_Piece]:
    column = table.table.inputs[at]
    tests = [one[at] for one in table.tests]
    bounds = _bounds([test for test, fine in zip(tests, usable, strict=True) if fine])
    listed = [evaluate(node, {}) for node in _listed(column.values)]
    samples: list[tuple[str, Value]] = []
    kind = column.type or next((kind_of(one) for one in [*bounds, *listed]), "")
    if listed:
        samples = [(written(one), one) for one in listed]
    elif kind == "boolean":
        samples = [("true", True), ("false", False)]
    elif kind == "string":
        samples = [(written(one), one) for one in bounds]
        samples.append(("any other" if bounds else "any", _Other()))
    elif kind in ORDERED:
        return _stretches(sorted(bounds), tests, usable)
    else:
        samples = [("any", _Other())]
    return [_Piece(text, _covering(tests, usable, value)) for text, value in samples]


class _Other(str):
    """A text that no cell names."""


def _listed(values: tuple[str, ...]) -> list[Node]:
    """The values a column is limited to, where they are written out one by one."""
    tests = unary(", ".join(values)).tests
    return [one.node for one in tests if isinstance(one, Equal)] if all(isinstance(one, Equal) for one in tests) else []


def _bounds(tests: list[Tests]) -> list[Value]:
    found: dict[Value, None] = {}
    for cell in tests:
        for test in cell.tests:
            for node in (test.node,) if isinstance(test, Equal) else (test.low, test.high):
                value = None if node is None else evaluate(node, {})
                if value is not None and kind_of(value) not in ("list", "context"):
                    found[value] = None
    kinds = [kind_of(one) for one in found]
    return [one for one in found if kind_of(one) == kinds[0]] if kinds else []


def _covering(tests: list[Tests], usable: list[bool], value: Value) -> int:
    rules = 0
    for number, (test, fine) in enumerate(zip(tests, usable, strict=True)):
        if fine and passes(test, value, {}):
            rules |= 1 << number
    return rules


def _stretches(bounds: list[Value], tests: list[Tests], usable: list[bool]) -> list[_Piece]:
    """Below the first bound, each bound, what lies between two, above the last; neighbours with the same rules join."""
    if not bounds:
        return [_Piece("any", sum(1 << number for number, fine in enumerate(usable) if fine))]
    cuts: list[tuple[Value | None, Value | None]] = [(None, bounds[0])]
    for low, high in zip(bounds, [*bounds[1:], None], strict=True):
        cuts += [(low, low), (low, high)]
    pieces: list[tuple[list[tuple[Value | None, Value | None]], int]] = []
    for cut in cuts:
        rules = sum(
            1 << number
            for number, (test, fine) in enumerate(zip(tests, usable, strict=True))
            if fine and _covers(test, *cut)
        )
        if pieces and pieces[-1][1] == rules:
            pieces[-1][0].append(cut)
        else:
            pieces.append(([cut], rules))
    return [_Piece(_span(cuts_of), rules) for cuts_of, rules in pieces]


def _covers(cell: Tests, low: Value | None, high: Value | None) -> bool:
    """Whether the cell takes all of a piece: one value, or everything strictly between two neighbouring bounds."""
    if not cell.tests:
        return True
    found = any(_test_covers(test, low, high) for test in cell.tests)
    return not found if cell.negated else found


def _test_covers(test: Range | Equal, low: Value | None, high: Value | None) -> bool:
    if low is not None and low == high:
        return bool(passes(Tests((test,)), low, {}))
    if isinstance(test, Equal):
        return False
    start = None if test.low is None else evaluate(test.low, {})
    end = None if test.high is None else evaluate(test.high, {})
    return (start is None or (low is not None and start <= low)) and (end is None or (high is not None and end >= high))


def _span(cuts: list[tuple[Value | None, Value | None]]) -> str:
    (first, first_high), (last_low, last) = cuts[0], cuts[-1]
    if first is None and last is None:
        return "any"
    low_in = first is not None and first == first_high
    high_in = last is not None and last == last_low
    if low_in and high_in and first == last:
        return written(first)
    if first is None:
        return f"{'<=' if high_in else '<'} {written(last)}"
    if last is None:
        return f"{'>=' if low_in else '>'} {written(first)}"
    return f"{'[' if low_in else '('}{written(first)}..{written(last)}{']' if high_in else ')'}"
