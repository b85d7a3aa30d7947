"""Bars: amounts side by side, sorted causes with their running share, and how values are spread."""

from __future__ import annotations

import math

from django.utils.safestring import SafeString

from apps.core.charts import svg
from apps.core.charts.lines import axis_numbers, end_labels, grid, known, plot_box, tip_of
from apps.core.charts.spec import ChartSpec
from apps.core.charts.svg import Box, Scale

REST = "#A9AFBB"


def bar(x: float, width: float, y: float, base: float, *, css: str, colour: str, tip: str) -> SafeString:
    top, bottom = min(y, base), max(y, base)
    return svg.el(
        "rect", x=x, y=top, width=width, height=bottom - top, rx=1.5 if bottom - top > 3 else None,
        class_=css, fill=colour, data_tip=tip,
    )  # fmt: skip


def slot_labels(labels: tuple[str, ...], box: Box, count: int) -> list[SafeString]:
    """A label under each slot; cut where the slot is narrower than the words, left out where even that fails."""
    slot = box.width / max(1, count)
    fits = max(0, int(slot / svg.LETTER))
    longest = max((len(label) for label in labels), default=0)
    every = 1 if longest <= fits or fits >= 5 else max(1, math.ceil(min(longest, 6) * svg.LETTER / slot))
    out = []
    for index in range(0, min(len(labels), count), every):
        room = fits * every
        words = labels[index] if len(labels[index]) <= room else labels[index][: max(1, room - 1)] + "…"
        out.append(svg.text(box.left + (index + 0.5) * slot, box.bottom + 16, words, text_anchor="middle"))
    return out


def draw_bar(spec: ChartSpec, width: int, height: int) -> SafeString:
    target = None if spec.target is None else float(spec.target)
    values = [value for series in spec.series for value in known(series.values)] + ([] if target is None else [target])
    low, high = svg.value_range(values, zero=True, room=0.1)
    marks = svg.ticks(low, high, 4)
    words = axis_numbers(spec, marks)
    right = [f"{spec.target_label} {spec.number(target)}"] if target is not None else []
    box = plot_box(width, height, words, right)
    scale = Scale(low, high, box)
    count = max((len(series.values) for series in spec.series), default=0)
    out = grid(scale, marks, words)
    shown = spec.series[:6]
    slot = box.width / max(1, count)
    each = min(48.0, slot * 0.7 / max(1, len(shown)))
    for number, series in enumerate(shown, 1):
        for index, value in enumerate(series.values):
            if value is None:
                continue
            x = box.left + (index + 0.5) * slot + (number - 1 - len(shown) / 2) * each
            css, colour = (f"c-{series.tone}", svg.GOLD[series.tone]) if series.tone else (f"c-f{number}", svg.SERIES[number - 1])  # fmt: skip
            tip = tip_of(spec, index, float(value), series.name if len(shown) > 1 else "")
            out.append(bar(x, each - 1, scale.y(float(value)), scale.y(0), css=css, colour=colour, tip=tip))
            if each >= svg.text_width(spec.number(float(value))) - 6:
                y = scale.y(float(value)) + (-5 if value >= 0 else 13)
                out.append(value_text(x + each / 2, y, spec.number(float(value))))
    out.append(svg.line(box.left, scale.y(0), box.right, scale.y(0), class_="c-axis", stroke=svg.AXIS))
    out += slot_labels(spec.labels, box, count)
    if target is not None:
        y = scale.y(target)
        out.append(svg.line(box.left, y, box.right, y, class_="c-l-target", stroke=svg.GREY, stroke_dasharray="4 3"))
        out += end_labels([(y, right[0], "c-text", svg.GREY)], box)
    return svg.root(width, height, spec.title, spec.description, out, class_="c-chart")


def value_text(x: float, y: float, words: str) -> SafeString:
    return svg.text(x, y, words, class_="c-strong", fill=svg.INK, font_weight=600, text_anchor="middle")


def running_share(corners: list[tuple[float, float]], share: Scale) -> list[SafeString]:
    """The cumulative line with squares, and the 80 % line it is read against."""
    box, y = share.box, share.y(0.8)
    return [
        svg.line(box.left, y, box.right, y, class_="c-l-target", stroke=svg.GREY, stroke_dasharray="3 2"),
        svg.el("path", d=svg.path_of(corners), fill="none", class_="c-s2", stroke=svg.SERIES[1], stroke_width=1.4),
        *(
            svg.el("rect", x=x - 2.5, y=y - 2.5, width=5, height=5, class_="c-f2", fill=svg.SERIES[1])
            for x, y in corners
        ),
        *(svg.text(box.right + 5, share.y(at) + 4, f"{at:.0%}") for at in (0.8, 1.0)),
    ]


def draw_pareto(spec: ChartSpec, width: int, height: int) -> SafeString:
    """Bars as given (sorted by the caller), the vital few full and the rest grey, their running share with an 80 % line."""
    values = [max(0.0, float(v or 0)) for v in spec.series[0].values] if spec.series else []
    total = sum(values) or 1.0
    low, high = 0.0, max(values, default=1.0) * 1.12 or 1.0
    marks = svg.ticks(low, high, 4)
    words = axis_numbers(spec, marks)
    box = plot_box(width, height, words, ["100%"])
    scale, share = Scale(low, high, box), Scale(0.0, 1.06, box)
    slot = box.width / max(1, len(values))
    out = grid(scale, marks, words)
    running, corners = 0.0, []
    for index, value in enumerate(values):
        vital = running / total < 0.8
        running += value
        x = box.left + index * slot + slot * 0.14
        css, colour = ("c-f1", svg.SERIES[0]) if vital else ("c-rest", REST)
        out.append(
            bar(x, slot * 0.72, scale.y(value), box.bottom, css=css, colour=colour, tip=tip_of(spec, index, value))
        )
        out.append(value_text(x + slot * 0.36, scale.y(value) - 5, spec.number(value)))
        corners.append((x + slot * 0.36, share.y(running / total)))
    out += running_share(corners, share)
    out.append(svg.line(box.left, box.bottom, box.right, box.bottom, class_="c-axis", stroke=svg.AXIS))
    out += slot_labels(spec.labels, box, len(values))
    return svg.root(width, height, spec.title, spec.description, out, class_="c-chart")


def draw_histogram(spec: ChartSpec, width: int, height: int) -> SafeString:
    """Counts per class; the second series, if any, is the fitted curve at the same classes. Labels name the classes."""
    counts = [float(value or 0) for value in spec.series[0].values] if spec.series else []
    curve = known(spec.series[1].values) if len(spec.series) > 1 else []
    box = Box(8.0, 18.0, width - 8.0, height - 24.0)
    scale = Scale(0.0, max(counts + curve, default=1.0) * 1.05 or 1.0, box)
    slot = box.width / max(1, len(counts))
    out = [
        bar(
            box.left + i * slot + 0.75,
            slot - 1.5,
            scale.y(c),
            box.bottom,
            css="c-f1",
            colour=svg.SERIES[0],
            tip=tip_of(spec, i, c),
        )
        for i, c in enumerate(counts)
    ]
    if curve:
        points = [(box.left + (index + 0.5) * slot, scale.y(value)) for index, value in enumerate(curve)]
        out.append(svg.el("path", d=svg.path_of(points), fill="none", class_="c-s6", stroke=svg.SERIES[5], stroke_width=1.4))  # fmt: skip
    out.append(svg.line(box.left, box.bottom, box.right, box.bottom, class_="c-axis", stroke=svg.AXIS))
    out += slot_labels(spec.labels, box, len(counts))
    return svg.root(width, height, spec.title, spec.description, out, class_="c-chart")
