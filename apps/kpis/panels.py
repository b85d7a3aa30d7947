"""Parts that KPI pages share: charts, tiles, tables, built on queries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse

from apps.core.charts import ChartSpec, Limits, Series, Signal, data_table, render, responsive
from apps.core.science.xmr import XmrChart
from apps.core.values import Period, format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.kpis import queries, signals
from apps.kpis.models import Alert, Definition, Direction, ReadingBatch, Target, Version, Watch
from apps.kpis.queries import Standing

STATUS_WORDS = {"good": "on target", "warn": "at risk", "bad": "off target", "": "no target", "idle": "no value"}


def show(kpi: Definition, value: Decimal | float | None, *, signed: bool = False, unit: bool = False) -> str:
    """A KPI's value in the one way it reads on screen, in PDF and in messages."""
    if value is None:
        return cells.DASH
    return format_number(value, kpi.decimals, signed=signed, unit=kpi.unit if unit else "")


def latest_text(kpi: Definition) -> str:
    """The newest whole period's value, on a list that was dressed with it."""
    found: Standing | None = getattr(kpi, "standing", None)
    return show(kpi, found.latest.value, unit=True) if found and found.latest else cells.DASH


def latest_status(kpi: Definition) -> tuple[str, str]:
    found: Standing | None = getattr(kpi, "standing", None)
    tone = found.tone if found and found.latest else "idle"
    return tone or "idle", STATUS_WORDS[tone].capitalize()


def exact_text(value: Decimal | None) -> str | None:
    """All digits of a value as plain text, for machines."""
    return None if value is None else f"{value.normalize():f}"


def batch_state(batch: ReadingBatch) -> tuple[str, str]:
    if batch.archived_at is not None:
        return "idle", "Taken back"
    return ("good", "Rolled up") if batch.rolled_up_at else ("info", "Waiting for roll-up")


def spark(one: Standing, *, width: int = 150) -> Any:
    spec = ChartSpec(
        kind="sparkline",
        title=f"{one.kpi.name}, last {len(one.values)} periods",
        series=(Series(name=one.kpi.name, values=tuple(value.value for value in one.values)),),
        labels=tuple(value.period.label for value in one.values),
        target=one.target.target if one.target else None,
        tone=one.tone if one.tone != "idle" else "",  # type: ignore[arg-type]
        number=lambda value: show(one.kpi, value),
    )
    return render(spec, width=width)


def tile(one: Standing) -> pm.KpiTile:
    latest = one.latest
    change = one.change
    return pm.KpiTile(
        name=one.kpi.name,
        value=show(one.kpi, latest.value if latest else None),
        unit=one.kpi.unit,
        url=reverse("kpi_chart", args=[one.kpi.pk]) + f"?period={one.grain}",
        tone=one.tone if one.tone != "idle" else "",  # type: ignore[arg-type]
        status=STATUS_WORDS[one.tone],
        target=target_words(one),
        change=show(one.kpi, abs(change)) if change else "",
        change_direction="up" if change and change > 0 else "down" if change and change < 0 else "",
        svg=spark(one),
    )


def target_words(one: Standing) -> str:
    if one.target is None:
        return "no target set"
    if one.kpi.direction == Direction.RANGE and one.target.upper_target is not None:
        return f"target {show(one.kpi, one.target.target)}–{show(one.kpi, one.target.upper_target)}"
    stretch = f", stretch {show(one.kpi, one.target.stretch)}" if one.target.stretch is not None else ""
    return f"target {show(one.kpi, one.target.target)}{stretch}"


def origin_url(kpi: Definition, period: Period, department: Any = None) -> str:
    """The page that says where a value comes from."""
    place = f"&department={department.pk}" if department is not None else ""
    return reverse("kpi_origin", args=[kpi.pk]) + f"?period={period.key}{place}"


def value_cell(one: Standing, department: Any = None) -> pm.Cell:
    """The latest value as a link to its origin."""
    latest = one.latest
    if latest is None:
        return pm.Cell(cells.DASH)
    shown = show(one.kpi, latest.value, unit=True)
    return pm.Cell(shown, "link", url=origin_url(one.kpi, latest.period, department), title="Where this comes from")


def control_spec(one: Standing, chart: XmrChart | None) -> ChartSpec:
    """Individual values with natural process limits; a plain line where there are too few points."""
    known = [value for value in one.values if value.value is not None]
    kpi = one.kpi
    limits: tuple[Limits, ...] = ()
    marks: tuple[Signal, ...] = ()
    if chart is not None:
        limits = tuple(
            Limits(
                centre=part.mean,
                upper=part.upper,
                lower=part.lower,
                start=part.start,
                end=part.stop,
                sigma=(part.upper - part.mean) / 3 if part.upper is not None else None,
            )
            for part in chart.segments
        )
        marks = tuple(
            Signal(index=found.index, rule=found.rule, text=found.text) for found in signals.signals(one, chart)
        )
    return ChartSpec(
        kind="control" if chart else "line",
        title=f"{kpi.name}, individual values",
        description=kpi.description,
        unit=kpi.unit,
        labels=tuple(short_label(value.period) for value in known),
        series=(Series(name=kpi.name, values=tuple(value.value for value in known)),),
        target=one.target.target if one.target else None,
        limits=limits,
        signals=marks,
        number=lambda value: show(kpi, value),
        label_heading="Period",
    )


def range_spec(one: Standing, chart: XmrChart) -> ChartSpec:
    known = [value for value in one.values if value.value is not None]
    part = chart.now
    return ChartSpec(
        kind="control",
        title=f"{one.kpi.name}, moving range",
        unit=one.kpi.unit,
        labels=tuple(short_label(value.period) for value in known),
        series=(Series(name="Moving range", values=tuple(point.moving_range for point in chart.points)),),
        limits=(Limits(centre=part.mean_range or 0, upper=part.range_limit),) if part.mean_range is not None else (),
        number=lambda value: show(one.kpi, value),
        label_heading="Period",
    )


def forecast_section(one: Standing) -> pm.Section | None:
    """What comes next by the method that would have done best, with its error named."""
    found = queries.forecast_of(one)
    if found is None:
        return None
    made, periods = found
    kpi = one.kpi
    rows = tuple(
        pm.Row(
            period.key,
            cells=(
                pm.Cell(period.label),
                pm.Cell(show(kpi, value), "number"),
                pm.Cell(f"{show(kpi, low)} to {show(kpi, high)}", "number"),
            ),
        )
        for period, value, low, high in zip(periods, made.values, made.lower, made.upper, strict=True)
    )
    columns = (
        pm.Column("period", "Period", wide=True),
        pm.Column("value", "Forecast", align="end"),
        pm.Column("range", "95 % interval", align="end"),
    )
    text = (
        f"By {made.method}, the best of {len(made.tried)} methods on the last periods:"
        f" error {made.mase:.2f} times that of the naive forecast (MASE), bias {made.bias * 100:.1f} %."
    )
    return pm.Section("Forecast", text=text, table=pm.Table(columns, rows, "Forecast", "No forecast."))


def short_label(period: Any) -> str:
    grain = str(getattr(period.grain, "value", period.grain))
    if grain == "week":
        return f"W{period.first.isocalendar().week}"
    if grain == "month":
        return f"{period.first:%b %y}"
    if grain == "hour":
        return f"{period.start.astimezone(period.zone):%H:%M}"
    return f"{period.first.day} {period.first:%b}"


def chart_section(title: str, spec: ChartSpec, *, width: int = 820, note: str = "") -> pm.Section:
    return pm.Section(title, note=note or spec.unit, svg=responsive(spec, width=width), data_table=data_table(spec))


def values_panel(kpi: Definition, user: Any) -> pm.Section | None:
    """The record page shows the last 26 periods and leads to the chart."""
    one = queries.standings([kpi], user=user, grain=kpi.grain)[0]
    if one.latest is None:
        return pm.Section("Values", text="No readings yet. Import a file, send them by API or enter a value.")
    spec = control_spec(one, one.chart())
    return pm.Section(
        "Values",
        note=f"latest {show(kpi, one.latest.value, unit=True)}, {one.latest.period.label}",
        svg=responsive(spec, width=620),
        data_table=data_table(spec),
        button=pm.Button("Open chart", reverse("kpi_chart", args=[kpi.pk]), "chart-line"),
        status=pm.Cell(STATUS_WORDS[one.tone].capitalize(), "status", tone=one.tone or "idle"),  # type: ignore[arg-type]
    )


def targets_panel(kpi: Definition, user: Any) -> pm.Section | None:
    zone = cells.zone_of(user)
    rows = [
        pm.Row(
            str(one.pk),
            reverse("record", args=["kpi-targets", one.pk]),
            (
                pm.Cell(show(kpi, one.target, unit=True), "link", url=reverse("record", args=["kpi-targets", one.pk])),
                pm.Cell(show(kpi, one.amber, unit=True)),
                cells.plain_cell(one.valid_from, zone),
                cells.plain_cell(one.valid_until, zone),
            ),
        )
        for one in Target.objects.filter(kpi=kpi, archived_at__isnull=True).order_by("-valid_from")[:20]
    ]
    columns = (
        pm.Column("target", "On target"),
        pm.Column("amber", "At risk to"),
        pm.Column("from", "From"),
        pm.Column("until", "Until"),
    )
    return pm.Section("Targets", table=pm.Table(columns, tuple(rows), "Targets", "No target set."))


def versions_panel(kpi: Definition, user: Any) -> pm.Section | None:
    """How the KPI was computed when; nothing to show while there is one version."""
    if not kpi.dated and kpi.restated_at is None:
        return None
    zone = cells.zone_of(user)
    rows = [
        pm.Row(
            str(one.pk),
            cells=(
                pm.Cell(f"Version {one.number}"),
                cells.plain_cell(one.valid_from, zone) if one.valid_from else pm.Cell("the beginning"),
                pm.Cell(one.formula or one.get_rule_display()),
                pm.Cell(one.unit or cells.DASH),
                pm.Cell(
                    "Replaced" if one.archived_at else "Counts", "status", tone="idle" if one.archived_at else "good"
                ),
                pm.Cell(one.reason or cells.DASH),
            ),
        )
        for one in Version.objects.filter(kpi=kpi).order_by("-number")[:20]
    ]
    columns = (
        pm.Column("number", "Version"),
        pm.Column("from", "Periods from"),
        pm.Column("how", "Computed by", wide=True),
        pm.Column("unit", "Unit"),
        pm.Column("state", "State"),
        pm.Column("reason", "Restated because"),
    )
    return pm.Section("Versions", table=pm.Table(columns, tuple(rows), "Versions", "One version."))


def watches_panel(kpi: Definition, user: Any) -> pm.Section | None:
    rows = [
        pm.Row(
            str(one.pk),
            reverse("record", args=["kpi-watches", one.pk]),
            (
                pm.Cell(one.get_kind_display(), "link", url=reverse("record", args=["kpi-watches", one.pk])),
                pm.Cell(str(one.department)),
                pm.Cell(one.get_grain_display()),
            ),
        )
        for one in Watch.objects.visible_to(user)
        .filter(kpi=kpi, archived_at__isnull=True)
        .select_related("department")[:20]
    ]
    columns = (pm.Column("kind", "Look for", wide=True), pm.Column("where", "Department"), pm.Column("grain", "Period"))
    button = pm.Button("New watch", reverse("create", args=["kpi-watches"]) + f"?kpi={kpi.pk}", "eye")
    return pm.Section(
        "Watches", table=pm.Table(columns, tuple(rows), "Watches", "Nobody watches this KPI."), button=button
    )


def alert_panel(alert: Alert, user: Any) -> pm.Section | None:
    """What the watch looked at, so that nobody acknowledges a number they did not see."""
    departments = queries.below(alert.department, queries.readable_departments(user))
    one = queries.standings([alert.kpi], user=user, grain=alert.watch.grain, departments=departments)[0]
    if one.latest is None:
        return None
    spec = control_spec(one, one.chart())
    return pm.Section(
        alert.kpi.name,
        note=f"latest {show(alert.kpi, one.latest.value, unit=True)}, {one.latest.period.label}, {target_words(one)}",
        svg=responsive(spec, width=620),
        data_table=data_table(spec),
        button=pm.Button(
            "Open chart", reverse("kpi_chart", args=[alert.kpi_id]) + f"?period={one.grain}", "chart-line"
        ),
        status=pm.Cell(STATUS_WORDS[one.tone].capitalize(), "status", tone=one.tone or "idle"),  # type: ignore[arg-type]
    )


def alert_state(alert: Alert) -> tuple[str, str]:
    tone = {"open": alert.tone, "acked": "info", "snoozed": "hold", "closed": "idle"}[alert.state]
    return tone, alert.get_state_display()
