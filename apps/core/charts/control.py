"""Control charts: values in time against what the process itself can do."""

from __future__ import annotations

from django.utils.safestring import SafeString

from apps.core.charts import svg
from apps.core.charts.lines import axis_numbers, end_labels, grid, known, plot_box, points_of, tip_of, x_axis, x_places
from apps.core.charts.spec import ChartSpec, Limits, Series
from apps.core.charts.svg import Scale


def sigma_of(limit: Limits) -> float | None:
    if limit.sigma is not None:
        return float(limit.sigma)
    if limit.upper is not None:
        return (float(limit.upper) - float(limit.centre)) / 3
    return None


def control_lines(spec: ChartSpec) -> list[tuple[float, str, str, str]]:
    """(value, words, class, colour) of the lines labelled at the right end."""
    rows: list[tuple[float, str, str, str]] = []
    if spec.limits:
        limit = spec.limits[-1]
        rows.append((float(limit.centre), f"CL {spec.number(float(limit.centre))}", "c-t-good", svg.GREEN_TEXT))
        for name, value in (("UCL", limit.upper), ("LCL", limit.lower)):
            if value is not None:
                rows.append((float(value), f"{name} {spec.number(float(value))}", "c-t-bad", svg.RED_TEXT))
    for name, value in (("USL", spec.spec_upper), ("LSL", spec.spec_lower)):
        if value is not None:
            rows.append((float(value), f"{name} {spec.number(float(value))}", "c-text", svg.GREY))
    return rows


def draw_control(spec: ChartSpec, width: int, height: int) -> SafeString:
    series = spec.series[0] if spec.series else Series(name="", values=())
    rows = control_lines(spec)
    edges = [float(v) for limit in spec.limits for v in (limit.centre, limit.upper, limit.lower) if v is not None]
    low, high = svg.value_range(known(series.values) + edges + [row[0] for row in rows])
    marks = svg.ticks(low, high, 5)
    words = axis_numbers(spec, marks)
    box = plot_box(width, height, words, [row[1] for row in rows])
    scale = Scale(low, high, box)
    xs = x_places(len(series.values), box)
    out: list[SafeString] = []
    for limit in spec.limits:
        out += one_period(limit, xs, scale)
    for value in (spec.spec_upper, spec.spec_lower):
        if value is not None:
            y = scale.y(float(value))
            out.append(
                svg.line(box.left, y, box.right, y, class_="c-l-target", stroke=svg.GREY, stroke_dasharray="1.5 2.5")
            )
    out += grid(scale, marks, words, lines=False)
    out.append(svg.line(box.left, box.top - 6, box.left, box.bottom, class_="c-axis", stroke=svg.AXIS))
    out += x_axis(spec.labels, xs, box)
    out += control_points(spec, series, points_of(series, xs, scale))
    ends = [(scale.y(value), label, css, colour) for value, label, css, colour in rows]
    return svg.root(width, height, spec.title, spec.description, out + end_labels(ends, box), class_="c-chart")


def one_period(limit: Limits, xs: list[float], scale: Scale) -> list[SafeString]:
    """Bands and lines of one stretch between process changes; they end half a step before the next."""
    end = len(xs) if limit.end is None else min(limit.end, len(xs))
    first = (
        scale.box.left if limit.start == 0 or not xs else (xs[limit.start - 1] + xs[min(limit.start, len(xs) - 1)]) / 2
    )
    last = scale.box.right if end >= len(xs) else (xs[end - 1] + xs[end]) / 2
    out, sigma, centre = [], sigma_of(limit), float(limit.centre)
    for reach in (3, 2, 1) if sigma else ():
        upper = min(centre + reach * (sigma or 0), scale.high)
        lower = max(centre - reach * (sigma or 0), scale.low)
        if limit.lower is None:
            lower = max(lower, 0.0 if centre >= 0 else lower)
        out.append(
            svg.el(
                "rect", x=first, y=scale.y(upper), width=last - first, height=scale.y(lower) - scale.y(upper),
                class_="c-band", fill=svg.SERIES[0], fill_opacity="0.045",
            )
        )  # fmt: skip
    y = scale.y(centre)
    out.append(svg.line(first, y, last, y, class_="c-l-good", stroke=svg.GOLD["good"], stroke_width=1.3))
    for value in (limit.upper, limit.lower):
        if value is not None:
            y = scale.y(float(value))
            out.append(
                svg.line(
                    first,
                    y,
                    last,
                    y,
                    class_="c-l-bad",
                    stroke=svg.GOLD["bad"],
                    stroke_width=1.3,
                    stroke_dasharray="6 3",
                )
            )
    return out


def control_points(spec: ChartSpec, series: Series, points: list[tuple[float, float] | None]) -> list[SafeString]:
    rules: dict[int, list[str]] = {}
    for signal in spec.signals:
        rules.setdefault(signal.index, []).append(signal.rule)
    out = [
        svg.el("path", d=svg.path_of(points), fill="none", class_="c-s1", stroke=svg.SERIES[0], stroke_width=1.3)
    ]  # fmt: skip
    for index, point in enumerate(points):
        if point is None:
            continue
        x, y = point
        tip = tip_of(spec, index, float(series.values[index] or 0))
        if index in rules:
            shape = f"M{svg.short(x)} {svg.short(y - 5)}l5 5-5 5-5-5z"
            out.append(svg.el("path", d=shape, class_="c-bad", fill=svg.GOLD["bad"], data_tip=tip))
            mark = ",".join(dict.fromkeys(rules[index]))
            out.append(
                svg.text(
                    x, y - 9, mark, class_="c-t-bad", fill=svg.RED_TEXT, font_weight=700, text_anchor="middle"
                )
            )  # fmt: skip
        else:
            out.append(svg.el("circle", cx=x, cy=y, r=2.8, class_="c-f1", fill=svg.SERIES[0], data_tip=tip))
    return out
