"""Decision tables: every hit policy, the language of their cells, gaps and overlaps, and files that are refused."""

from __future__ import annotations

import itertools
import time
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import Refused
from apps.workflows.dmn import reading, writing
from apps.workflows.dmn.evaluating import evaluate, passes
from apps.workflows.dmn.parsing import expression, unary
from apps.workflows.dmn.regions import report
from apps.workflows.dmn.table import Input, Line, Output, Table, decide, ready
from apps.workflows.dmn.values import given, plain_value


def table(
    policy: str, *lines: tuple[str, str], values: tuple[str, ...] = (), kind: str = "number", default: str = ""
) -> Any:
    return ready(
        Table(
            (Input("x", kind),),
            (Output("y", "", values, default),),
            tuple(Line((when,), (then,)) for when, then in lines),
            policy,
        )
    )


LISTED = ('"high"', '"low"')


@pytest.mark.parametrize(
    ("policy", "lines", "x", "value", "hits"),
    [
        ("U", [("< 5", '"low"'), (">= 5", '"high"')], 5, "high", (2,)),
        ("U", [("< 5", '"low"')], 7, None, ()),
        ("A", [("< 5", "1"), ("< 3", "1")], 2, 1, (1, 2)),
        ("P", [("> 1", '"low"'), ("> 2", '"high"')], 3, "high", (2,)),
        ("F", [("> 1", '"low"'), ("> 2", '"high"')], 3, "low", (1,)),
        ("R", [("> 1", '"low"'), ("> 2", '"high"')], 3, ["low", "high"], (1, 2)),
        ("O", [("> 1", '"low"'), ("> 2", '"high"')], 3, ["high", "low"], (2, 1)),
        ("C", [("> 1", "4"), ("> 2", "2.5")], 3, [4, "2.5"], (1, 2)),
        ("C+", [("> 1", "4"), ("> 2", "2.5")], 3, "6.5", (1, 2)),
        ("C<", [("> 1", "4"), ("> 2", "2")], 3, 2, (1, 2)),
        ("C>", [("> 1", "4"), ("> 2", "2")], 3, 4, (1, 2)),
        ("C#", [("> 1", "4"), ("> 2", "2")], 3, 2, (1, 2)),
        ("C#", [("> 1", "4")], 0, 0, ()),
    ],
)
def test_hit_policies(policy: str, lines: Any, x: int, value: Any, hits: tuple[int, ...]) -> None:
    outcome = decide(table(policy, *lines, values=LISTED if policy in "PO" else ()), {"x": x})
    assert (plain_value(outcome.value), outcome.hits, outcome.problem) == (value, hits, "")


def test_rules_that_may_not_meet_say_which_met() -> None:
    both = [("> 1", "1"), ("> 2", "2"), ("> 9", "3")]
    unique = decide(table("U", *both), {"x": 3})
    assert (unique.value, unique.hits) == (None, (1, 2)) and "Rules 1 and 2 hit at once" in unique.problem
    assert "different outcomes" in decide(table("A", *both), {"x": 3}).problem


def test_a_default_stands_in_and_a_value_outside_the_list_does_not() -> None:
    assert decide(table("U", ("< 5", '"low"'), default='"none"'), {"x": 9}).value == "none"
    limited = ready(Table((Input("x", "string", ('"a"', '"b"')),), (Output("y"),), (Line(("-",), ("1",)),)))
    assert "none of the listed values" in decide(limited, {"x": "c"}).problem
    assert decide(limited, {"x": "a"}).value == 1


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ("-", 3, True),
        ("", 3, True),
        ("3, 5", 5, True),
        ("not(3, 5)", 5, False),
        ("[1..5)", 5, False),
        ("(1..5]", 1, False),
        ("]1..5[", 3, True),
        (">= -2", -2, True),
        ('"a", "b"', "b", True),
        ('not("a")', None, True),
        ("< 5", "text", False),
        ("< 5", None, False),
        ("null", None, True),
        ('> date("2026-03-01")', given("2026-03-29", "date"), True),
        ('[date("2026-03-01")..date("2026-03-31")]', given("2026-03-31", "date"), True),
        ('< duration("PT2H")', given("PT90M", "duration"), True),
        ('>= duration("P1Y")', given("P11M", "duration"), False),
        ('> time("06:00:00")', given("06:00:01", "time"), True),
        ("true", True, True),
        ("[1, 2, 3]", 2, True),
        ('starts with(?, "A")', "AB", True),
        ("< limit", 2, True),
    ],
)
def test_cells(cell: str, value: Any, expected: bool) -> None:
    names = {"limit": Decimal(3)}
    assert passes(unary(cell, names), given(value), names) is expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('date("2026-01-31") + duration("P1M")', "2026-02-28"),
        ('date and time("2026-03-29T01:00:00") + duration("PT2H")', "2026-03-29T03:00:00"),
        ('date("2026-03-01") - date("2026-02-01")', "P28D"),
        ("if 2 > 1 then 3 else 4", 3),
        ("5 in [1..5]", True),
        ("5 in (1, 5)", True),
        ("5 between 1 and 4", False),
        ("null = null", True),
        ('1 = "1"', None),
        ("true or null", True),
        ("true and null", None),
        ("1 / 0", None),
        ("10 ** 9999999999", None),
        ("sum([1, 2, 3.5])", "6.5"),
        ('upper case("a") + "b"', "Ab"),
        ("floor(-1.5)", -2),
        ("-2 ** 2", 4),
    ],
)
def test_expressions(text: str, value: Any) -> None:
    assert plain_value(evaluate(expression(text), {})) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 +", "Column 4: the entry ends"),
        ("foo(1)", "no function foo"),
        ('date("2026-02-30")', "is no date"),
        ('"abc', "no closing quotation mark"),
        ("(" * 200 + "1" + ")" * 200, "nested more than"),
        ("1+" * 900 + "1", "more than"),
        ("min()", "is written min"),
    ],
)
def test_what_is_not_understood_is_located(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        expression(text)


def two_columns(*lines: tuple[str, str, str], policy: str = "U") -> Any:
    return ready(
        Table(
            (Input("age", "number"), Input("risk", "string", ('"low"', '"high"'))),
            (Output("y"),),
            tuple(Line((age, risk), (then,)) for age, risk, then in lines),
            policy,
        )
    )


def test_gaps_and_overlaps_are_located() -> None:
    found = report(two_columns(("< 18", "-", "1"), (">= 18", '"low"', "2"), ("[60..70)", "-", "3")))
    assert {(one.where, one.rules, one.agree) for one in found.overlaps} == {(("[60..70)", '"low"'), (2, 3), False)}
    assert {one.where for one in found.gaps} == {("[18..60) or >= 70", '"high"')}
    assert found.complete and not found.unchecked
    whole = report(two_columns(("< 18", "-", "1"), (">= 18", "-", "2")))
    assert (whole.gaps, whole.overlaps) == ((), ())


def test_dates_booleans_and_open_texts_are_searched_too() -> None:
    dated = ready(
        Table(
            (Input("on", "date"), Input("urgent", "boolean"), Input("who", "string")),
            (Output("y"),),
            (
                Line(('< date("2026-01-01")', "-", "-"), ("1",)),
                Line(('>= date("2026-01-01")', "true", '"a"'), ("2",)),
                Line(('>= date("2026-01-01")', "false", "-"), ("3",)),
            ),
        )
    )
    found = report(dated)
    assert [one.where for one in found.gaps] == [('>= date("2026-01-01")', "true", "any other")]
    assert found.overlaps == ()


def test_the_search_agrees_with_trying_every_value() -> None:
    cells = ["-", "< 2", "[2..4]", "> 3", "3", "not(3)"]
    values = [Decimal(n) / 2 for n in range(-1, 12)]
    for one, two, three in itertools.product(cells, repeat=3):
        made = table("C", (one, "1"), (two, "1"), (three, "1"))
        hits = [len(decide(made, {"x": value}).hits) for value in values]
        found = report(made)
        assert bool(found.gaps) == (0 in hits), (one, two, three)
        assert bool(found.overlaps) == any(count > 1 for count in hits), (one, two, three)


def test_a_cell_no_search_can_see_into_is_named() -> None:
    made = ready(
        Table((Input("x", "number"), Input("limit", "number")), (Output("y"),), (Line(("< limit", "-"), ("1",)),))
    )
    assert report(made).unchecked == ("Rule 1, x",)


def test_a_large_table_is_searched_within_bounds() -> None:
    columns = tuple(Input(f"x{n}", "number") for n in range(6))
    lines = tuple(
        Line(tuple(f"[{(n * 7 + k) % 50}..{(n * 7 + k) % 50 + 5}]" for k in range(6)), (str(n),)) for n in range(300)
    )
    began = time.monotonic()
    found = report(ready(Table(columns, (Output("y"),), lines)))
    assert not found.complete
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no XML"),
        (b"<a/>", "no DMN model"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "declares entities"),
        (b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>', "declares entities"),
        (b"x" * 2_000_001, "larger than"),
    ],
)
def test_hostile_files_are_refused(content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        reading.read(content)


def test_a_file_keeps_notes_labels_and_listed_values() -> None:
    made = Table(
        (Input("Order value", "number", (), "Value"), Input("risk", "string", ('"a, b"', '"c"'))),
        (Output("who", "string", ('"boss"',), '"boss"'), Output("days", "number")),
        (Line(("[1..5)", "-"), ('"boss"', "3"), "why"),),
        "C",
    )
    assert reading.read(writing.write(made, code="t", name="Who & when")).decisions[0].logic == made
