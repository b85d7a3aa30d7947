"""Charts without words, for tiles and table cells: sparkline and bullet. They may stretch; their lines keep their weight."""

from __future__ import annotations

from django.utils.safestring import SafeString

from apps.core.charts import svg
from apps.core.charts.lines import known
from apps.core.charts.spec import ChartSpec
from apps.core.charts.svg import Box, Scale

STEADY = "non-scaling-stroke"


def draw_sparkline(spec: ChartSpec, width: int, height: int) -> SafeString:
    """Line over a soft area, dashed target, a dot in the status colour at the last known value."""
    values = spec.series[0].values if spec.series else ()
    target = None if spec.target is None else float(spec.target)
    low, high = svg.value_range(known(values) + ([] if target is None else [target]), room=0.02)
    scale = Scale(low, high, Box(3.0, 4.0, width - 4.0, height - 4.0))
    step = scale.box.width / max(1, len(values) - 1)
    points = [
        None if v is None else (scale.box.left + index * step, scale.y(float(v))) for index, v in enumerate(values)
    ]  # fmt: skip
    seen = [point for point in points if point]
    out: list[SafeString] = []
    if len(seen) > 1:
        floor = svg.short(float(height))
        area = svg.path_of(seen) + f"L{svg.short(seen[-1][0])} {floor}L{svg.short(seen[0][0])} {floor}z"
        out.append(svg.el("path", d=area, class_="c-area", fill=svg.SERIES[0], fill_opacity="0.1"))
    if target is not None:
        out.append(
            svg.line(
                scale.box.left, scale.y(target), scale.box.right, scale.y(target), class_="c-l-target", stroke=svg.GREY,
                stroke_dasharray="3 2", vector_effect=STEADY,
            )
        )  # fmt: skip
    if seen:
        out.append(
            svg.el(
                "path", d=svg.path_of(points), fill="none", class_="c-s1", stroke=svg.SERIES[0], stroke_width=1.4,
                stroke_linejoin="round", stroke_linecap="round", vector_effect=STEADY,
            )
        )  # fmt: skip
        tone = spec.tone or "info"
        x, y = seen[-1]
        dot = f"M{svg.short(x)} {svg.short(y)}h.01"
        out.append(
            svg.el(
                "path", d=dot, class_=f"c-d-{tone}", stroke=svg.GOLD[tone], stroke_width=5, stroke_linecap="round",
                vector_effect=STEADY,
            )
        )  # fmt: skip
    return svg.root(width, height, spec.title, spec.description, out, class_="c-spark", preserveAspectRatio="none")


def draw_bullet(spec: ChartSpec, width: int, height: int) -> SafeString:
    """A bar for the value on a track, a tick for the target; the track may be shaded in bands."""
    value = next((float(v) for s in spec.series for v in s.values if v is not None), None)
    target = None if spec.target is None else float(spec.target)
    high = max([v for v in (value, target) if v is not None] + [float(b) for b in spec.bands] + [0.0]) * 1.02 or 1.0
    across = (width - 2.0) / high

    def reach(amount: float) -> float:
        return max(0.0, amount * across)

    out = [svg.el("rect", x=1, y=4, width=width - 2, height=height - 8, rx=2, class_="c-track", fill="#EEF0F4")]
    out += [
        svg.el("rect", x=1, y=4, width=reach(float(band)), height=height - 8, rx=2, class_="c-track-2", fill=svg.LINE, fill_opacity="0.6")
        for band in spec.bands
    ]  # fmt: skip
    if value is not None:
        tone = spec.tone or "info"
        out.append(
            svg.el(
                "rect",
                x=1,
                y=height / 2 - 2.5,
                width=reach(value),
                height=5,
                rx=1,
                class_=f"c-{tone}",
                fill=svg.GOLD[tone],
            )
        )
    if target is not None:
        x = 1 + reach(target)
        out.append(svg.line(x, 2, x, height - 2, class_="c-tick", stroke=svg.INK, stroke_width=2))
    return svg.root(width, height, spec.title, spec.description, out, class_="c-bullet")
