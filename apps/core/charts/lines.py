"""Line charts, and what all charts with an axis of values share."""

from __future__ import annotations

from django.utils.safestring import SafeString

from apps.core.charts import svg
from apps.core.charts.spec import ChartSpec, Series
from apps.core.charts.svg import Box, Scale


def known(values: tuple[object, ...]) -> list[float]:
    return [float(value) for value in values if value is not None]  # type: ignore[arg-type]


def x_places(count: int, box: Box) -> list[float]:
    """Where points stand: spread over the width, a lone one in the middle."""
    if count <= 1:
        return [(box.left + box.right) / 2] * count
    inset = min(10.0, box.width / count / 2)
    step = (box.width - 2 * inset) / (count - 1)
    return [box.left + inset + index * step for index in range(count)]


def points_of(series: Series, xs: list[float], scale: Scale) -> list[tuple[float, float] | None]:
    return [None if v is None else (x, scale.y(float(v))) for x, v in zip(xs, series.values, strict=False)]


def axis_numbers(spec: ChartSpec, marks: list[float]) -> list[str]:
    """Tick words with as many decimals as their step needs, so neighbours never read the same."""
    words = [spec.number(mark) for mark in marks]
    return words if len(set(words)) == len(words) else [f"{mark:.6g}" for mark in marks]


def grid(scale: Scale, marks: list[float], words: list[str], *, lines: bool = True) -> list[SafeString]:
    out = []
    for mark, word in zip(marks, words, strict=True):
        y = scale.y(mark)
        if lines:
            out.append(svg.line(scale.box.left, y, scale.box.right, y, class_="c-grid", stroke=svg.LINE))
        else:
            out.append(svg.line(scale.box.left - 4, y, scale.box.left, y, class_="c-axis", stroke=svg.AXIS))
        out.append(svg.text(scale.box.left - 7, y + 4, word, text_anchor="end"))
    return out


def x_axis(labels: tuple[str, ...], xs: list[float], box: Box) -> list[SafeString]:
    out = [svg.line(box.left, box.bottom, box.right, box.bottom, class_="c-axis", stroke=svg.AXIS)]
    if not labels or not xs:
        return out
    room = max(svg.text_width(label) for label in labels) + 14
    every = max(1, -(-int(room * len(xs)) // max(1, int(box.width))))
    for index in range(0, min(len(labels), len(xs)), every):
        out.append(svg.text(xs[index], box.bottom + 16, labels[index], text_anchor="middle"))
    return out


def tip_of(spec: ChartSpec, index: int, value: float, name: str = "") -> str:
    label = spec.labels[index] if index < len(spec.labels) else ""
    words = [label, name, spec.number(value) + (f" {spec.unit}" if spec.unit else "")]
    words += [f"rule {signal.rule}" for signal in spec.signals if signal.index == index]
    return " ".join(word for word in words if word)


def end_labels(rows: list[tuple[float, str, str, str]], box: Box) -> list[SafeString]:
    """Words at the right of the plot: (height, words, class, colour), pushed apart when they meet."""
    heights = svg.apart([row[0] for row in rows], 13, box.top, box.bottom)
    return [
        svg.text(box.right + 6, y + 4, words, class_=css, fill=colour, font_weight=600)
        for y, (_, words, css, colour) in zip(heights, rows, strict=True)
    ]


def plot_box(width: int, height: int, left_words: list[str], right_words: list[str]) -> Box:
    left = max((svg.text_width(word) for word in left_words), default=20) + 12
    right = max((svg.text_width(word) for word in right_words), default=0) + (14 if right_words else 8)
    return Box(left, 12.0, max(left + 40, width - right), height - 26.0)


def draw_line(spec: ChartSpec, width: int, height: int) -> SafeString:
    target = None if spec.target is None else float(spec.target)
    values = [value for series in spec.series for value in known(series.values)] + ([] if target is None else [target])
    low, high = svg.value_range(values)
    marks = svg.ticks(low, high, 4)
    words = axis_numbers(spec, marks)
    target_words = "" if target is None else f"{spec.target_label} {spec.number(target)}"
    right = [series.name for series in spec.series if len(spec.series) > 1] + ([target_words] if target_words else [])
    last = [spec.number(known(s.values)[-1]) for s in spec.series if known(s.values)] if len(spec.series) == 1 else []
    box = plot_box(width, height, words, right + last)
    scale = Scale(low, high, box)
    xs = x_places(max((len(series.values) for series in spec.series), default=0), box)
    out = grid(scale, marks, words) + x_axis(spec.labels, xs, box)
    ends: list[tuple[float, str, str, str]] = []
    if target is not None:
        y = scale.y(target)
        out.append(
            svg.line(box.left, y, box.right, y, class_="c-l-target", stroke=svg.GREY, stroke_dasharray="4 3")
        )  # fmt: skip
        ends.append((y, target_words, "c-text", svg.GREY))
    for number, series in enumerate(spec.series[:6], 1):
        out += one_series(spec, series, number, points_of(series, xs, scale))
        values_known = known(series.values)
        if values_known:
            name = series.name if len(spec.series) > 1 else spec.number(values_known[-1])
            ends.append(
                (
                    scale.y(values_known[-1]),
                    name,
                    f"c-f{colour_of(series, number)}",
                    svg.SERIES[colour_of(series, number) - 1],
                )
            )
    return svg.root(width, height, spec.title, spec.description, out + end_labels(ends, box), class_="c-chart")


def colour_of(series: Series, number: int) -> int:
    """A dashed series is what the others are measured against, so it takes the grey."""
    return 6 if series.dashed else number


def one_series(
    spec: ChartSpec, series: Series, number: int, points: list[tuple[float, float] | None]
) -> list[SafeString]:
    number = colour_of(series, number)
    colour = svg.SERIES[number - 1]
    out = [
        svg.el(
            "path", d=svg.path_of(points), fill="none", class_=f"c-s{number}", stroke=colour, stroke_width=1.8,
            stroke_linejoin="round", stroke_linecap="round", stroke_dasharray="5 3" if series.dashed else None,
        )
    ]  # fmt: skip
    ends = [point for point in points if point]
    name = series.name if len(spec.series) > 1 else ""
    for index, point in enumerate(points):
        if point is None:
            continue
        shown = not series.dashed and point is ends[-1]
        out.append(
            svg.el(
                "circle", cx=point[0], cy=point[1], r=3 if shown else 5, class_=f"c-f{number}", fill=colour,
                fill_opacity=None if shown else "0", data_tip=tip_of(spec, index, float(series.values[index] or 0), name),
            )
        )  # fmt: skip
    return out
