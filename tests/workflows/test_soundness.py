"""Soundness: a good and a bad diagram for every fault, and the fault is found at its element."""

from __future__ import annotations

import pytest

from apps.workflows.bpmn.reading import read
from apps.workflows.bpmn.soundness import check_soundness
from tests.workflows.building import diagram, event, extension, field, flows, link, node, nodes, timer

FORM = extension(field("x", "number") + field("ok", "yesno") + field("word", "text"))
ASK = nodes("start:s end:e") + node("user", "ask", FORM)


def serious(content: str) -> list[tuple[str, str]]:
    return sorted((one.code, one.element) for one in check_soundness(read(diagram(content)).process()) if one.serious)


GOOD = {
    "a choice joined by a choice": ASK + nodes("xor:g user:a user:b xor:j") + flows("s>ask;ask>g;g>a[ok];g>b[not ok];a>j;b>j;j>e"),
    "parallel ways joined": ASK + nodes("and:g user:a user:b and:j") + flows("s>ask;ask>g;g>a;g>b;a>j;b>j;j>e"),
    "parallel ways with ends of their own": ASK + nodes("and:g user:a user:b end:f") + flows("s>ask;ask>g;g>a;g>b;a>e;b>f"),
    "parallel ways to one end": ASK + nodes("and:g user:a user:b") + flows("s>ask;ask>g;g>a;g>b;a>e;b>e"),
    "an inclusive choice joined": ASK + nodes("or:g user:a user:b or:j") + flows("s>ask;ask>g;g>a[x > 1];g>b[x <= 5];a>j;b>j;j>e"),
    "a loop with a way out": ASK + nodes("xor:m xor:g") + flows("s>m;m>ask;ask>g;g>m[not ok];g>e[ok]"),
    "a default": ASK + node("xor", "g", default="g_e") + nodes("user:a end:f") + flows("s>ask;ask>g;g>a[word = 'x'];g>e;a>f"),
    "a border": ASK + node("boundary", "b", timer("PT1H"), attachedToRef="ask") + nodes("user:a end:f") + flows("s>ask;ask>e;b>a;a>f"),
    "a timer beside": ASK + node("boundary", "b", timer("PT1H"), attachedToRef="ask", cancelActivity="false")
    + nodes("user:a end:f") + flows("s>ask;ask>e;b>a;a>f"),
    "terminate": ASK + nodes("and:g user:a user:b") + node("end", "t", event("terminate")) + flows("s>ask;ask>g;g>a;g>b;a>t;b>e"),
    "links": ASK + node("throw", "t", link("l")) + node("catch", "c", link("l")) + flows("s>ask;ask>t;c>e"),
    "ranges that meet": ASK + nodes("xor:g user:a user:b xor:j") + flows("s>ask;ask>g;g>a[x > 5];g>b[x <= 5];a>j;b>j;j>e"),
}  # fmt: skip
BAD = {
    "a choice joined in parallel": (
        ASK + nodes("xor:g user:a user:b and:j") + flows("s>ask;ask>g;g>a[ok];g>b[not ok];a>j;b>j;j>e"), ("deadlock", "j"),
    ),
    "a border way joined in parallel": (
        ASK + node("boundary", "b", timer("PT1H"), attachedToRef="ask") + nodes("and:j") + flows("s>ask;ask>j;b>j;j>e"), ("deadlock", "j"),
    ),
    "parallel ways joined by a choice": (
        ASK + nodes("and:g user:a user:b xor:j user:c") + flows("s>ask;ask>g;g>a;g>b;a>j;b>j;j>c;c>e"), ("not_proper", "j"),
    ),
    "parallel ways that meet in a task": (
        ASK + nodes("and:g user:a user:b user:c") + flows("s>ask;ask>g;g>a;g>b;a>c;b>c;c>e"), ("not_proper", "c"),
    ),
    "an inclusive choice joined in parallel": (
        ASK + nodes("or:g user:a user:b and:j") + flows("s>ask;ask>g;g>a[x > 1];g>b[x <= 5];a>j;b>j;j>e"), ("deadlock", "j"),
    ),
    "a step nothing leads to": (ASK + nodes("user:a") + flows("s>ask;ask>e;a>e"), ("unreachable", "a")),
    "a loop without a way out": (
        ASK + nodes("xor:m user:a user:b xor:g") + flows("s>ask;ask>g;g>m[ok];g>e[not ok];m>a;a>b;b>m"), ("no_end", "a"),
    ),
    "a way without a condition": (
        ASK + nodes("xor:g user:a user:b xor:j") + flows("s>ask;ask>g;g>a[ok];g>b;a>j;b>j;j>e"), ("no_condition", "g"),
    ),
    "a choice without a default": (
        ASK + nodes("xor:g user:a user:b xor:j") + flows("s>ask;ask>g;g>a[x > 5];g>b[x < 5];a>j;b>j;j>e"), ("no_default", "g"),
    ),
    "a text choice without a default": (
        ASK + nodes("xor:g user:a user:b xor:j") + flows("s>ask;ask>g;g>a[word = 'a'];g>b[word = 'b'];a>j;b>j;j>e"), ("no_default", "g"),
    ),
    "a border nobody handles": (
        ASK + node("boundary", "b", timer("PT1H"), attachedToRef="ask") + flows("s>ask;ask>e"), ("no_handler", "b"),
    ),
    "an event gateway before a task": (
        ASK + nodes("race:g user:a") + node("catch", "m", event("message", "M1")) + flows("s>ask;ask>g;g>a;g>m;a>e;m>e"), ("race", "a"),
    ),
    "a link to nowhere": (ASK + node("throw", "t", link("l")) + flows("s>ask;ask>t"), ("link", "t")),
    "an end that goes on": (ASK + nodes("user:a end:f") + flows("s>ask;ask>e;e>a;a>f"), ("end_goes_on", "e")),
    "no start": (nodes("user:a user:b") + flows("a>b;b>a"), ("no_start", "a")),
    "an empty process": ("", ("empty", "p")),
    "an empty sub-process": (ASK + node("sub", "x") + flows("s>ask;ask>x;x>e"), ("empty", "x")),
    "a sub-process started by a message": (
        ASK + node("sub", "x", node("start", "xs", event("message", "M1")) + nodes("end:xe") + flows("xs>xe")) + flows("s>ask;ask>x;x>e"),
        ("sub_start", "x"),
    ),
    "a fault inside a sub-process": (
        ASK + node("sub", "x", nodes("start:xs and:f user:a user:b xor:j user:c end:xe") + flows("xs>f;f>a;f>b;a>j;b>j;j>c;c>xe"))
        + flows("s>ask;ask>x;x>e"), ("not_proper", "j"),
    ),
    "an error nothing catches": (
        ASK + node("sub", "x", nodes("start:xs") + node("end", "xe", event("error", "E1")) + flows("xs>xe")) + flows("s>ask;ask>x;x>e"),
        ("uncaught", "xe"),
    ),
    "waits for nothing": (ASK + nodes("catch:c") + flows("s>ask;ask>c;c>e"), ("waits_for_nothing", "c")),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_sound_diagrams_pass(name: str) -> None:
    assert serious(GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_faults_are_found_at_their_element(name: str) -> None:
    content, expected = BAD[name]
    assert expected in serious(content)
    found = next(
        one for one in check_soundness(read(diagram(content)).process()) if (one.code, one.element) == expected
    )
    assert found.element in found.message or "empty" in found.code
    assert found.line >= 6


def test_very_many_parallel_ways_are_no_wall() -> None:
    ways = [f"a{at}" for at in range(40)]
    content = nodes("start:s and:f and:j end:e " + " ".join(f"user:{one}" for one in ways))
    content += flows("s>f;j>e;" + ";".join(f"f>{one};{one}>j" for one in ways))
    assert serious(content) == []


def test_what_is_too_big_to_try_says_so_and_is_no_fault() -> None:
    ways = [f"a{at}" for at in range(12)]
    content = nodes("start:s and:f and:j end:e") + "".join(
        node("user", one, FORM) + node("xor", f"g{one}") + nodes(f"user:x{one} user:y{one} xor:j{one}") for one in ways
    )
    content += flows(
        "s>f;j>e;"
        + ";".join(f"f>{o};{o}>g{o};g{o}>x{o}[ok];g{o}>y{o}[not ok];x{o}>j{o};y{o}>j{o};j{o}>j" for o in ways)
    )
    found = check_soundness(read(diagram(content)).process())
    assert [(one.code, one.serious) for one in found] in ([], [("not_proven", False)])
