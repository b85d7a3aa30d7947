"""What KPIs show elsewhere: overview tiles, exceptions, a trend, and the key figures of reports."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from apps.core import pdf
from apps.core.charts import ChartSpec, Series, data_table, render, responsive
from apps.core.science.xmr import Variation
from apps.core.values import Period
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Card, Contribution, View, contribute, offer_card
from apps.core.web.waiting import Waits, count_waiting
from apps.kpis import figures, panels, queries
from apps.kpis.models import Alert, Definition
from apps.kpis.panels import exact_text
from apps.kpis.queries import Standing
from apps.kpis.series import zone
from apps.kpis.signals import newest_signal, variation
from apps.kpis.verdicts import signal_text
from apps.reports import parts as reports
from apps.reports.parts import Part, Table

__all__ = ["figures"]
RAIL = 294
EXCEPTION_COLUMNS = (
    pm.Column("status", "Status"),
    pm.Column("what", "What", wide=True),
    pm.Column("signal", "Signal"),
    pm.Column("impact", "Impact"),
    pm.Column("owner", "Owner"),
    pm.Column("linked", "Open"),
)


def _standings(view: View) -> list[Standing]:
    """Read once per page."""
    known: dict[str, list[Standing]] = view.user.__dict__.setdefault("_kpi_standings", {})
    if view.grain not in known:
        kpis = queries.overview_kpis(view.user)
        known[view.grain] = queries.standings(kpis, user=view.user, grain=view.grain) if kpis else []
    return known[view.grain]


def tiles(view: View) -> list[pm.KpiTile]:
    """Those the reader has figures of; all of them while there are none."""
    found = _standings(view)
    return [panels.tile(one) for one in [one for one in found if one.latest] or found]


def exceptions(view: View) -> list[pm.Row]:
    """KPIs off target, at risk, or with a signal at their newest point; the calm ones are left out."""
    found: list[tuple[int, pm.Row]] = []
    for one in _standings(view):
        chart = one.chart()
        concern = chart is not None and variation(one, chart) is Variation.CONCERN
        if one.tone not in {"bad", "warn"} and not concern:
            continue
        rank = {"bad": 0, "warn": 1}.get(one.tone, 2)
        found.append((rank, _exception_row(one, signal_text(one, chart) if chart else None)))
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _exception_row(one: Standing, signal: str | None) -> pm.Row:
    latest = one.latest
    gap = latest.value - one.target.target if latest and latest.value is not None and one.target else None
    url = reverse("kpi_chart", args=[one.kpi.pk])
    words = panels.STATUS_WORDS[one.tone].capitalize() if one.tone in {"bad", "warn"} else "Signal"
    return pm.Row(
        str(one.kpi.pk),
        url,
        (
            pm.Cell(words, "status", tone=one.tone if one.tone in {"bad", "warn"} else "info"),  # type: ignore[arg-type]
            pm.Cell(one.kpi.name, "link", url=url, title=one.kpi.description),
            pm.Cell(signal or f"{panels.show(one.kpi, latest.value if latest else None, unit=True)}"),
            pm.Cell(
                f"{panels.show(one.kpi, gap, signed=True, unit=True)} to target" if gap is not None else cells.DASH
            ),
            pm.Cell(str(one.kpi.owner or cells.DASH)),
            pm.Cell("Chart", "link", url=url),
        ),
        title=one.kpi.name,
    )


def needs(view: View) -> list[pm.NeedsRow]:
    """Open alerts for this person and off-target KPIs they own wait for a look; a KPI with an alert is said once."""
    rows = Alert.objects.visible_to(view.user).filter(owner_id=view.user.pk, state=Alert.State.OPEN)
    alerts = list(rows.order_by("-id")[:8])
    return [*(_alert_need(one, view) for one in alerts), *_off_target(view, {one.kpi_id for one in alerts})]


def _waits(user: Any) -> Waits:
    """Alerts nobody looks after yet."""
    tones = list(Alert.objects.visible_to(user).filter(state=Alert.State.OPEN).values_list("tone", flat=True)[:100])
    return Waits(len(tones), hot="bad" in tones)


count_waiting("kpi_alert", _waits)


def _alert_need(one: Alert, view: View) -> pm.NeedsRow:
    found = f"found in {one.periods} periods" if one.periods > 1 else "nobody looks after it yet"
    return pm.NeedsRow(
        title=one.message,
        url=reverse("record", args=["kpi-alerts", one.pk]),
        why=f"Escalated to you, {found}" if one.escalated_at else found.capitalize(),
        icon="bell-ring",
        tone="bad" if one.tone == "bad" else "warn",
        due=cells.when(one.created_at, cells.zone_of(view.user))[0],
        buttons=(pm.Button("Acknowledge", reverse("act", args=["kpi-alerts", one.pk, "acknowledge"]), dialog=True),),
        key=f"kpi_alert:{one.pk}",
    )


def _off_target(view: View, said: set[int]) -> list[pm.NeedsRow]:
    return [
        pm.NeedsRow(
            title=f"{one.kpi.name} is off target",
            url=reverse("kpi_chart", args=[one.kpi.pk]),
            why=f"{panels.show(one.kpi, one.latest.value, unit=True)}, {panels.target_words(one)}",
            icon="gauge",
            tone="bad",
            due=one.latest.period.label,
            buttons=(pm.Button("Look", reverse("kpi_chart", args=[one.kpi.pk])),),
            key=f"kpi:{one.kpi.pk}",
        )
        for one in _standings(view)
        if one.tone == "bad" and one.latest and one.kpi.owner_id == view.user.pk and one.kpi.pk not in said
    ]


def rail(view: View) -> list[pm.Section]:
    """The first sum KPI as a trend against its target."""
    one = next((item for item in _standings(view) if item.kpi.rule == "sum" and item.latest), None)
    if one is None:
        return []
    spec = _trend(one)
    return [pm.Section(one.kpi.name, note="against target", svg=render(spec, width=RAIL), data_table=data_table(spec))]


def facts(view: View) -> str:
    rolled_up_at, waiting = queries.freshness()
    if rolled_up_at is None:
        return "no readings yet"
    short, _ = cells.when(rolled_up_at, cells.zone_of(view.user))
    return f"data as of {short}" + (f", {waiting} batches waiting" if waiting else "")


contribute(Contribution("kpis", "KPIs", 10, tiles=tiles, needs=needs, exceptions=exceptions, rail=rail, facts=facts))


def _exceptions_card(view: View, _param: str) -> pm.Section:
    table = pm.Table(EXCEPTION_COLUMNS, tuple(exceptions(view)), "Exceptions", "All measures ran inside their limits.")
    return pm.Section("Exceptions", table=table)


def _figures_card(view: View, _param: str) -> pm.Section:
    """Every overview figure as a row with its line: dense, for those who read tables."""
    rows = tuple(
        pm.Row(
            str(one.kpi.pk),
            reverse("kpi_chart", args=[one.kpi.pk]),
            (
                pm.Cell(one.kpi.name, "link", url=reverse("kpi_chart", args=[one.kpi.pk])),
                panels.value_cell(one),
                pm.Cell(panels.target_words(one)),
                pm.Cell(panels.STATUS_WORDS[one.tone].capitalize(), "status", tone=one.tone or "idle"),  # type: ignore[arg-type]
            ),
        )
        for one in _standings(view)
    )
    columns = (
        pm.Column("kpi", "KPI", wide=True),
        pm.Column("value", "Value"),
        pm.Column("target", "Target"),
        pm.Column("status", "Status"),
    )
    return pm.Section("Key figures", table=pm.Table(columns, rows, "Key figures", "No KPI is on the overview."))


def _chart_card(view: View, param: str) -> pm.Section:
    kpi = Definition.objects.visible_to(view.user).filter(code=param, archived_at__isnull=True).first()
    if kpi is None:
        return pm.Section("KPI", text="This KPI is not there any more, or you may not see it.")
    one = queries.standings([kpi], user=view.user, grain=view.grain)[0]
    if one.latest is None:
        return pm.Section(kpi.name, text="No readings yet.")
    spec = panels.control_spec(one, one.chart())
    return pm.Section(
        kpi.name,
        note=f"{panels.show(kpi, one.latest.value, unit=True)}, {one.latest.period.label}",
        svg=responsive(spec, width=620),
        data_table=data_table(spec),
        button=pm.Button("Open chart", reverse("kpi_chart", args=[kpi.pk]), "chart-line"),
        status=pm.Cell(panels.STATUS_WORDS[one.tone].capitalize(), "status", tone=one.tone or "idle"),  # type: ignore[arg-type]
    )


def _kpi_choices(user: Any) -> list[tuple[str, str]]:
    rows = Definition.objects.visible_to(user).filter(archived_at__isnull=True).order_by("name")
    return list(rows.values_list("code", "name")[:300])


LEADERS = frozenset({"OPM", "EXE", "DPM", "SUP", "QAI", "BUY", "AUD"})
offer_card(Card("kpis.figures", "Key figures", _figures_card, "All KPIs of the overview", row="kpi", roles=LEADERS))
offer_card(Card("kpis.exceptions", "Exceptions", _exceptions_card, "What is off target", row="kpi", roles=LEADERS))
offer_card(
    Card(
        "kpis.chart", "KPI chart", _chart_card, "One KPI with its limits", wants="KPI", choices=_kpi_choices, row="kpi"
    )
)


def report_part(user: Any, period: Period) -> Part:
    """Key figures of the week with their gap, change and 26-week line."""
    grain = str(getattr(period.grain, "value", period.grain))
    found = queries.standings(queries.overview_kpis(user), user=user, grain=grain, until=period.end)
    shown = [one for one in found if one.latest is not None]
    rows = tuple(_report_row(one) for one in shown)
    off = [one for one in shown if one.tone in {"bad", "warn"}]
    charts = tuple(
        pdf.Chart(title=one.kpi.name, unit=one.kpi.unit, svg=render(_trend(one), width=334))
        for one in (off or shown)[:2]
    )
    return Part(
        facts=tuple(_report_fact(one) for one in (off or shown)[:4]),
        kpi_rows=rows,
        charts=charts,
        off_target=tuple(one.kpi.name for one in off),
        on_target=tuple(one.kpi.name for one in shown if one.tone == "good"),
        figures={
            "kpis": [
                {
                    "code": one.kpi.code,
                    "period": one.latest.period.key,
                    "value": exact_text(one.latest.value),
                    "status": one.tone,
                    "target": exact_text(one.target.target) if one.target else None,
                }
                for one in shown
                if one.latest is not None
            ]
        },
    )


def _report_fact(one: Standing) -> pdf.Fact:
    latest = one.latest
    chart = one.chart()
    found = newest_signal(one, chart) if chart else None
    reason = found.text if found else ""
    return pdf.Fact(
        finding=f"{one.kpi.name} {panels.show(one.kpi, latest.value if latest else None, unit=True)}, {panels.target_words(one)}.",
        reason=f"{reason}." if reason else "",
    )


def _report_row(one: Standing) -> pdf.KpiRow:
    latest, change = one.latest, one.change
    value = latest.value if latest else None
    gap = value - one.target.target if value is not None and one.target else None
    arrow = "↑" if change and change > 0 else "↓" if change and change < 0 else ""
    return pdf.KpiRow(
        name=one.kpi.name,
        actual=panels.show(one.kpi, value, unit=True),
        target=_report_target(one),
        gap=panels.show(one.kpi, gap, signed=True) if gap is not None else "–",
        change=f"{arrow} {panels.show(one.kpi, abs(change))}" if change else "–",
        spark_svg=panels.spark(one, width=110),
        tone=one.tone if one.tone in {"good", "warn", "bad"} else "none",  # type: ignore[arg-type]
        status_word=panels.STATUS_WORDS[one.tone].capitalize(),
    )


def _report_target(one: Standing) -> str:
    if one.target is None:
        return "–"
    word = {"higher": "min ", "lower": "max "}.get(one.kpi.direction, "")
    return f"{word}{panels.show(one.kpi, one.target.target, unit=True)}"


def _trend(one: Standing) -> ChartSpec:
    values = one.values[-12:]
    series = [Series(name="Actual", values=tuple(value.value for value in values))]
    if one.target:
        limits = one.limits[-12:]
        series.append(
            Series(name="Target", values=tuple(each.target if each else None for each in limits), dashed=True)
        )
    return ChartSpec(
        kind="line",
        title=f"{one.kpi.name} against target",
        unit=one.kpi.unit,
        series=tuple(series),
        labels=tuple(panels.short_label(value.period) for value in values),
        number=lambda value: panels.show(one.kpi, value),
        label_heading="Period",
    )


reports.contribute(reports.Source("kpis", 10, report_part, title="Key figures"))


def alerts_part(user: Any, _period: Period) -> Part:
    """What the watches found and nobody closed, as of the report's making."""
    found = Alert.objects.visible_to(user).exclude(state=Alert.State.CLOSED).select_related("owner", "department")
    rows = tuple(
        (
            one.message,
            str(one.department),
            str(one.owner or cells.DASH),
            f"{one.created_at.astimezone(zone()):%d\u00a0%b\u00a0%Y}",
            f"{one.get_state_display()}{f': {one.note}' if one.note else ''}",
        )
        for one in found.order_by("id")[:100]
    )
    if not rows:
        return Part(facts=(pdf.Fact(finding="No watch found anything.", reason=""),))
    heads = ("Alert", "Department", "Owner", "Since", "State")
    return Part(tables=(Table("Open alerts", heads, rows),))


reports.contribute(reports.Source("alerts", 20, alerts_part, title="Alerts"))
