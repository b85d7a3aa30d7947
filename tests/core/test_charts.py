"""Charts: a value stands where it should, a reader without eyes gets the same numbers, and nothing breaks the page."""

from __future__ import annotations

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from apps.core.charts import ChartSpec, Limits, Series, Signal, data_table, render, responsive
from apps.core.charts.draw import DRAW
from apps.core.charts.svg import Box, Scale, apart, path_of, ticks, value_range

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<b>"M&M"</b>'


def spec(kind: str, values: tuple[object, ...], **more: object) -> ChartSpec:
    labels = tuple(f"W{index}" for index in range(len(values)))
    return ChartSpec(
        kind=kind, title="Yield", series=(Series(name="Yield", values=values),), **({"labels": labels} | more)  # type: ignore[arg-type]
    )  # fmt: skip


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def tips(root: ElementTree.Element) -> list[str]:
    return [node.attrib["data-tip"] for node in root.iter() if "data-tip" in node.attrib]


DATA: dict[str, tuple[object, ...]] = {
    "empty": (),
    "one": (5,),
    "flat": (7, 7, 7, 7),
    "zeros": (0, 0, 0),
    "all gaps": (None, None),
    "gaps": (None, 1.5, None, None, 2.5, 3, None),
    "negative": (-3, 4, -8),
    "exact": (Decimal("0.1"), Decimal("0.25"), Decimal("-0.05")),
    "huge": (1e12, 3e12, 2e12),
    "tiny": (1e-9, 2e-9, 1.5e-9),
}


@pytest.mark.parametrize("kind", list(DRAW))
@pytest.mark.parametrize("name", list(DATA))
def test_any_data_draws_well_formed_svg_inside_its_own_frame(kind: str, name: str) -> None:
    limits = (Limits(centre=5, upper=9, lower=1),) if kind == "control" else ()
    drawing = render(spec(kind, DATA[name], target=4, limits=limits))
    assert not re.search(r"\b(nan|inf)\b", drawing)
    root = parsed(drawing)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for node in root.iter():
        assert "style" not in node.attrib
        for key, most in (("cx", width), ("x1", width), ("x2", width), ("cy", height), ("y1", height), ("y2", height)):
            if key in node.attrib:
                assert -0.5 <= float(node.attrib[key]) <= most + 0.5, (node.tag, key, node.attrib)
        if node.tag == SVG + "rect":
            assert float(node.attrib["width"]) >= 0 and float(node.attrib["height"]) >= 0


@pytest.mark.parametrize("kind", list(DRAW))
def test_title_comes_first_then_description_and_the_root_says_image(kind: str) -> None:
    root = parsed(render(spec(kind, (1, 2, 3), description="Three weeks")))
    assert [child.tag for child in list(root)[:2]] == [SVG + "title", SVG + "desc"]
    assert (root[0].text, root[1].text) == ("Yield", "Three weeks")
    assert root.attrib["role"] == "img" and root.attrib["direction"] == "ltr" and "Inter" in root.attrib["font-family"]
    assert float(root.attrib["font-size"]) >= 11
    assert not [node for node in root.iter() if "font-size" in node.attrib and float(node.attrib["font-size"]) < 11]


@pytest.mark.parametrize("kind", list(DRAW))
def test_user_text_cannot_leave_its_place(kind: str) -> None:
    made = ChartSpec(
        kind=kind,  # type: ignore[arg-type]
        title=NASTY, unit=NASTY, labels=(NASTY, NASTY), target=1, target_label=NASTY,
        series=(Series(name=NASTY, values=(1, 2)), Series(name=NASTY, values=(2, 1))),
        signals=(Signal(index=0, rule=NASTY),), limits=(Limits(centre=1, upper=2),),
    )  # fmt: skip
    root = parsed(render(made))
    assert root[0].text == NASTY
    assert not [node for node in root.iter() if node.tag.endswith("}b")]
    assert "<b>" not in data_table(made) and "&lt;b&gt;" in data_table(made)


def test_a_value_maps_to_its_height() -> None:
    scale = Scale(0.0, 10.0, Box(0.0, 20.0, 100.0, 120.0))
    assert [scale.y(value) for value in (0, 2.5, 10)] == [120, 95, 20]


def test_points_of_a_line_chart_lie_in_proportion_to_their_values() -> None:
    root = parsed(render(spec("line", (10, 15, 30))))
    first, second, third = (float(node.attrib["cy"]) for node in root.iter(SVG + "circle"))
    assert (first - second) / (first - third) == pytest.approx(0.25, abs=0.002)
    xs = [float(node.attrib["cx"]) for node in root.iter(SVG + "circle")]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.02)


def test_a_tick_and_a_point_of_the_same_value_stand_at_the_same_height() -> None:
    root = parsed(render(spec("line", (0, 10, 20), target=10)))
    middle = [float(node.attrib["cy"]) for node in root.iter(SVG + "circle")][1]
    target = next(node for node in root.iter(SVG + "line") if node.attrib.get("class") == "c-l-target")
    assert float(target.attrib["y1"]) == pytest.approx(middle, abs=0.02)
    label = next(
        node for node in root.iter(SVG + "text") if node.text == "10" and node.attrib.get("text-anchor") == "end"
    )
    assert float(label.attrib["y"]) - 4 == pytest.approx(middle, abs=0.02)


def test_bars_start_at_zero_and_grow_with_their_value() -> None:
    root = parsed(render(spec("bar", (10, 20, -10))))
    heights = [float(node.attrib["height"]) for node in root.iter(SVG + "rect")]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.05) and heights[2] == pytest.approx(heights[0], abs=0.05)
    tops = [float(node.attrib["y"]) for node in root.iter(SVG + "rect")]
    zero = tops[0] + heights[0]
    assert tops[2] == pytest.approx(zero, abs=0.05), "a negative bar hangs from zero"


def test_gaps_break_the_line_and_are_never_drawn_as_zero() -> None:
    assert path_of([(0, 1), None, (2, 3), (4, 5)]) == "M0 1h.01M2 3L4 5"
    root = parsed(render(spec("line", (5, None, 7))))
    assert [tip.split()[-1] for tip in tips(root)] == ["5", "7"]


def test_control_chart_draws_limits_bands_and_marks_its_signals() -> None:
    made = spec(
        "control", (5, 6, 12), limits=(Limits(centre=5, upper=8, lower=2),), spec_upper=14, unit="mm",
        signals=(Signal(index=2, rule="1", text="beyond 3 σ"),),
    )  # fmt: skip
    root = parsed(render(made))
    bands = [node for node in root.iter(SVG + "rect") if node.attrib["class"] == "c-band"]
    tall = [float(node.attrib["height"]) for node in bands]
    assert tall[0] == pytest.approx(3 * tall[2], rel=0.01) and tall[1] == pytest.approx(2 * tall[2], rel=0.01)
    words = [node.text for node in root.iter(SVG + "text")]
    assert {"CL 5", "UCL 8", "LCL 2", "USL 14", "1"} <= set(words)
    diamonds = [node for node in root.iter(SVG + "path") if node.attrib["class"] == "c-bad"]
    assert [node.attrib["data-tip"] for node in diamonds] == ["W2 12 mm rule 1"]
    assert "beyond 3 σ" in data_table(made)


def test_a_process_change_starts_new_limits_where_the_points_change() -> None:
    made = spec(
        "control", (1, 1, 1, 5, 5, 5), limits=(Limits(centre=1, upper=2, end=3), Limits(centre=5, upper=6, start=3))
    )
    root = parsed(render(made))
    centres = [node for node in root.iter(SVG + "line") if node.attrib.get("class") == "c-l-good"]
    assert float(centres[0].attrib["x2"]) == pytest.approx(float(centres[1].attrib["x1"]))
    xs = [float(node.attrib["cx"]) for node in root.iter(SVG + "circle")]
    assert xs[2] < float(centres[0].attrib["x2"]) < xs[3]


def test_phones_get_the_last_points_with_their_signals_still_on_the_right_ones() -> None:
    made = spec(
        "control",
        tuple(range(40)),
        signals=(Signal(index=3, rule="2"), Signal(index=39, rule="1")),
        limits=(Limits(centre=9, end=10), Limits(centre=30, start=10)),
    )
    short = made.last(16)
    assert short.labels[0] == "W24" and short.series[0].values == tuple(range(24, 40))
    assert [(signal.index, signal.rule) for signal in short.signals] == [(15, "1")]
    assert [(limit.centre, limit.start) for limit in short.limits] == [(30, 0)]
    both = responsive(made, width=820)
    assert 'width="820"' in both and 'width="334"' in both


def test_table_says_the_same_words_as_the_chart() -> None:
    made = spec("line", (1.5, None), number=lambda value: f"{value:.2f} x", target=2, label_heading="Week")
    assert "1.50 x" in data_table(made) and tips(parsed(render(made))) == ["W0 1.50 x"]
    table = parsed(data_table(made))
    assert [cell.text for cell in table.iter("td")] == ["1.50 x", "2.00 x", "—", "2.00 x"]
    assert [cell.text for cell in table.iter("th")] == ["Week", "Yield", "Target", "W0", "W1"]


def test_axis_marks_are_round_and_inside() -> None:
    for low, high in ((0, 1), (23.987, 24.038), (-3, 4000), (1e-9, 2e-9)):
        marks = ticks(low, high)
        assert 2 <= len(marks) <= 10 and all(low - 1e-12 <= mark <= high * (1 + 1e-9) for mark in marks)
    low, high = value_range([7.0, 7.0])
    assert low < 7 < high


def test_labels_that_meet_are_pushed_apart_in_order() -> None:
    placed = apart([50, 52, 51], 13, 0, 100)
    assert sorted(placed) == [placed[0], placed[2], placed[1]] and placed[2] - placed[0] >= 13
    assert max(apart([98, 99], 13, 0, 100)) <= 100


def test_neighbouring_ticks_never_read_the_same() -> None:
    made = spec("line", (0.1, 0.2, 0.3), number=lambda value: f"{value:.0f}")
    marks = [node.text for node in parsed(render(made)).iter(SVG + "text") if node.attrib.get("text-anchor") == "end"]
    assert len(marks) == len(set(marks))
