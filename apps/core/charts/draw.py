"""The door of the chart room: a spec goes in, an SVG or a table of the same numbers comes out."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from apps.core.charts.bars import draw_bar, draw_histogram, draw_pareto
from apps.core.charts.control import draw_control
from apps.core.charts.lines import draw_line
from apps.core.charts.small import draw_bullet, draw_sparkline
from apps.core.charts.spec import WIDTHS, ChartSpec

DRAW: dict[str, tuple[Callable[[ChartSpec, int, int], SafeString], int, int]] = {
    "line": (draw_line, 620, 190),
    "control": (draw_control, 820, 270),
    "bar": (draw_bar, 620, 200),
    "pareto": (draw_pareto, 334, 180),
    "histogram": (draw_histogram, 334, 170),
    "sparkline": (draw_sparkline, 150, 28),
    "bullet": (draw_bullet, 120, 18),
}
PHONE_POINTS = 16


def render(spec: ChartSpec, *, width: int | None = None, height: int | None = None) -> SafeString:
    """The chart as SVG in real pixels; draw it at the width it is shown at, it is never scaled."""
    draw, usual_width, usual_height = DRAW[spec.kind]
    return draw(spec, width or usual_width, height or usual_height)


def responsive(spec: ChartSpec, *, width: int | None = None, height: int | None = None) -> SafeString:
    """Two drawings: the wide one for desks, and for phones a narrow one with the last points; CSS shows one."""
    return format_html(
        '<div class="c-wide">{}</div><div class="c-narrow">{}</div>',
        render(spec, width=width, height=height),
        render(spec.last(PHONE_POINTS), width=min(WIDTHS["S"], width or WIDTHS["S"]), height=height),
    )


def data_table(spec: ChartSpec) -> SafeString:
    """The twin of the chart for those who read numbers: one row per label, the words of the same formatter."""
    unit = f" ({spec.unit})" if spec.unit else ""
    heads = [series.name + unit for series in spec.series]
    if spec.target is not None:
        heads.append(spec.target_label)
    marks = {signal.index: "" for signal in spec.signals}
    for signal in spec.signals:
        words = signal.text or gettext("rule %(rule)s") % {"rule": signal.rule}
        marks[signal.index] = f"{marks[signal.index]}, {words}".lstrip(", ")
    if marks:
        heads.append(gettext("Signal"))
    count = max([len(spec.labels), *(len(series.values) for series in spec.series)], default=0)
    rows = format_html_join("", "{}", ((table_row(spec, index, marks),) for index in range(count)))
    return format_html(
        '<table class="o-tbl"><caption class="u-hide">{}</caption><thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table>',
        spec.title,
        spec.label_heading or gettext("Point"),
        format_html_join("", '<th scope="col" class="is-end">{}</th>', ((head,) for head in heads)),
        rows,
    )


def table_row(spec: ChartSpec, index: int, marks: dict[int, str]) -> SafeString:
    label = spec.labels[index] if index < len(spec.labels) else str(index + 1)
    values = [series.values[index] if index < len(series.values) else None for series in spec.series]
    words = ["—" if value is None else spec.number(float(value)) for value in values]
    if spec.target is not None:
        words.append(spec.number(float(spec.target)))
    if marks:
        words.append(marks.get(index, ""))
    cells = format_html_join("", '<td class="is-end">{}</td>', ((word,) for word in words))
    return format_html('<tr><th scope="row">{}</th>{}</tr>', label, cells)
