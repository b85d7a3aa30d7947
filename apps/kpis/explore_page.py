"""How an explored answer looks: a chart for each unit or KPI, its numbers, and rows for files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from typing import Any

from apps.core.charts import ChartSpec, Series, data_table, responsive
from apps.core.tabular.writing import Value as FileValue
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.kpis import panels
from apps.kpis.explore import Answer, Line
from apps.kpis.models import Definition

DRAWN = 6
EXACT, WORKBOOK_DIGITS = 60, 15
COMPARED = {"previous": "before", "year": "last year"}
EXPORT_HEADER = (
    "KPI code", "KPI", "Unit", "Split", "Place code", "Place", "Period", "Starts on", "Value", "Readings",
    "Compared period", "Compared value", "Change",
)  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """One chart: drawn by the server, its numbers as a table, and as plain data for the browser's chart."""

    title: str
    note: str
    svg: Any
    table: Any
    data: dict[str, Any]


def charts(found: Answer) -> list[Panel]:
    """Lines share a chart where they share a unit; a split has a chart for each KPI."""
    groups: dict[object, list[Line]] = {}
    for line in found.lines:
        groups.setdefault(line.kpi.pk if found.question.split else line.kpi.unit, []).append(line)
    return [_panel(found, lines) for lines in groups.values()]


def _panel(found: Answer, lines: list[Line]) -> Panel:
    kpis = list(dict.fromkeys(line.kpi for line in lines))
    unit = kpis[0].unit
    places = max(kpi.decimals for kpi in kpis)
    title = kpis[0].name if len(kpis) == 1 else ", ".join(kpi.name for kpi in kpis[:3]) + (", …" if kpis[3:] else "")
    spec = ChartSpec(
        kind="line",
        title=title,
        unit=unit,
        labels=tuple(panels.short_label(period) for period in found.periods),
        series=_drawn(found, lines),
        number=lambda value: format_number(value, places),
        label_heading="Period",
    )
    every = tuple(one for line in lines for one in _series(found, line))
    full = replace(spec, labels=tuple(period.label for period in found.periods), series=every)
    note = " · ".join(word for word in (unit, _left_out(spec, full)) if word)
    return Panel(title, note, responsive(spec, width=780), data_table(full), _data(full, spec.labels, places))


def _series(found: Answer, line: Line) -> tuple[Series, ...]:
    name = _short_name(found, line)
    now = Series(name=name, values=tuple(one.value for one in line.values))
    if not line.before:
        return (now,)
    before = tuple(one.value if one else None for one in line.before)
    return now, Series(name=f"{name}, {COMPARED[found.question.compare]}", values=before, dashed=True)


def _short_name(found: Answer, line: Line) -> str:
    return str(line.place or "No site") if found.question.split else line.kpi.name


def _drawn(found: Answer, lines: list[Line]) -> tuple[Series, ...]:
    """The server's drawing holds few lines: those with most readings, in their order."""
    most = DRAWN // 2 if found.question.compare else DRAWN
    busy = sorted(lines, key=lambda line: -sum(one.count for one in line.values))[:most]
    return tuple(one for line in lines if line in busy for one in _series(found, line))


def _left_out(spec: ChartSpec, full: ChartSpec) -> str:
    if len(spec.series) == len(full.series):
        return ""
    return f"{len(spec.series)} of {len(full.series)} lines drawn, the data hold all"


def _data(full: ChartSpec, ticks: tuple[str, ...], places: int) -> dict[str, Any]:
    """Plain numbers and the words for them, for the browser's chart."""
    return {
        "title": full.title,
        "unit": full.unit,
        "labels": full.labels,
        "ticks": ticks,
        "series": [
            {
                "name": one.name,
                "dashed": one.dashed,
                "values": [None if value is None else float(value) for value in one.values],
                "words": [format_number(value, places) for value in one.values],
            }
            for one in full.series
        ],
    }


def newest(found: Answer) -> pm.Table:
    """The newest value of every line beside what it is compared with; each value leads to its origin."""
    columns = [
        pm.Column("line", "Line", wide=True),
        pm.Column("period", "Period"),
        pm.Column("value", "Value", align="end"),
    ]
    if found.question.compare:
        columns += [pm.Column("before", "Compared", align="end"), pm.Column("change", "Change", align="end")]
    rows = tuple(_newest_row(found, line) for line in found.lines)
    return pm.Table(tuple(columns), rows, "Newest values", "No values.")


def _newest_row(found: Answer, line: Line) -> pm.Row:
    at = line.latest
    key = f"{line.kpi.pk}-{line.place.pk if line.place else 0}"
    name = pm.Cell(line.name)
    if at is None:
        return pm.Row(key, cells=(name, pm.Cell(cells.DASH), *[pm.Cell(cells.DASH, "number")] * _numbers(found)))
    value = line.values[at]
    url = panels.origin_url(line.kpi, value.period, found.question.department)
    shown: list[pm.Cell] = [
        name,
        pm.Cell(value.period.label),
        pm.Cell(_number(line.kpi, value.value), "link", url=url, title="Where this comes from"),
    ]
    if found.question.compare:
        before = line.before[at]
        past = before.value if before else None
        shown.append(pm.Cell(_number(line.kpi, past), "number", title=before.period.label if before else ""))
        shown.append(pm.Cell(panels.show(line.kpi, _change(value.value, past), signed=True), "number"))
    return pm.Row(key, url, tuple(shown))


def _numbers(found: Answer) -> int:
    return 3 if found.question.compare else 1


def _number(kpi: Definition, value: Decimal | None) -> str:
    return panels.show(kpi, value, unit=True)


def _change(value: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if value is None or before is None else value - before


def export_rows(found: Answer, digits: int = EXACT) -> Iterator[tuple[FileValue, ...]]:
    """The values shown, one row for each line and period; a workbook holds no more than 15 digits of a number."""
    limited = Context(prec=digits)
    for line in found.lines:
        for at, value in enumerate(line.values):
            before = line.before[at] if line.before else None
            past = before.value if before else None
            yield (
                line.kpi.code,
                line.kpi.name,
                line.kpi.unit,
                found.question.split,
                line.place.code if line.place else "",
                str(line.place) if line.place else "",
                value.period.key,
                value.period.first,
                _plain(value.value, limited),
                value.count,
                before.period.key if before else "",
                _plain(past, limited),
                _plain(_change(value.value, past), limited),
            )


def _plain(value: Decimal | None, limited: Context) -> Decimal | None:
    return None if value is None else value.normalize(limited)


def in_words(found: Answer) -> str:
    """What was asked, for the page's head and for files."""
    asked = found.question
    parts = [
        f"{found.periods[0].label} to {found.periods[-1].label} by {found.grain}",
        f"split by {asked.split}" if asked.split else "",
        {"previous": "compared with the periods before", "year": "compared with last year"}.get(asked.compare, ""),
        f"{asked.department} and below" if asked.department else "all departments you may read",
    ]
    return " · ".join(part for part in parts if part)
