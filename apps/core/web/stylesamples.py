"""Made-up pages of a valve factory, so every page shape can be looked at and tested without a database."""

from __future__ import annotations

import math

from django.utils.safestring import SafeString

from apps.core import charts
from apps.core.web import pagemodel as pm

PEOPLE = (
    pm.Person("M. Duarte", tint="hold"), pm.Person("L. Brandt", tint="warn"), pm.Person("A. Rossi", tint="good"),
    pm.Person("J. Okafor", tint="info"), pm.Person("P. Nowak", tint="info"), pm.Person("T. Adeyemi", tint="hold"),
)  # fmt: skip
NAV: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (  # label, icon, count (! is hot), key
    ("", (("My work", "inbox", "6!", "m"), ("Overview", "layout-dashboard", "", "o"), ("Reports", "file-chart-column", "", "r"))),
    ("Operate", (
        ("Processes", "workflow", "", ""), ("Work orders & tasks", "list-checks", "84", ""), ("Schedule & capacity", "calendar-days", "", ""),
        ("Inventory", "boxes", "3", "s"), ("Purchasing", "shopping-cart", "", ""),
    )),
    ("Quality & risk", (
        ("Inspections", "clipboard-check", "", ""), ("Non-conformances", "circle-alert", "17", "n"), ("Control charts", "chart-line", "", ""),
        ("Risks & contingency", "shield-alert", "", ""), ("Compliance & audits", "scale", "", ""), ("Safety", "hard-hat", "", ""),
    )),
    ("Money & results", (("KPIs & goals", "gauge", "", ""), ("Budgets", "wallet", "", "b"), ("Improvements", "trending-up", "", ""))),
    ("People", (("Staff & shifts", "users", "", ""), ("Training", "graduation-cap", "", ""), ("Hiring", "user-plus", "", ""))),
)  # fmt: skip
CAPABILITY = (
    ("Cp", "1.29"),
    ("Cpk", "1.18"),
    ("Ppk", "1.09"),
    ("Expected out", "210 ppm"),
    ("Mean", "24.0132 mm"),
    ("σ within", "0.0054 mm"),
)
PLACES = {"Overview": "overview", "Non-conformances": "list", "Control charts": "chart"}


def frame(*, current: str, theme: pm.Theme = "light", direction: str = "ltr") -> pm.Frame:
    groups = tuple(pm.NavGroup(label, tuple(nav_items(items, current))) for label, items in NAV)
    bar = (
        ("My work", "inbox", "/styleguide/"), ("Overview", "layout-dashboard", "/styleguide/overview/"),
        ("Scan", "scan-line", "/styleguide/task/"), ("Search", "search", "/styleguide/search/"),
    )  # fmt: skip
    return pm.Frame(
        nav=groups, me=pm.Person("Maria Duarte", "Operations manager", "MD", "hold"), site="Plant 2 · Gothenburg",
        theme=theme, direction="rtl" if direction == "rtl" else "ltr", home_url="/styleguide/overview/",
        search_url="/styleguide/search/", notices_url="/styleguide/", notices_text="Notices", scan_url="/styleguide/task/",
        me_url="/styleguide/settings/", theme_url="/styleguide/",
        create=(pm.Link("Non-conformance", "/styleguide/form/", "circle-alert", key="n"), pm.Link("Task", "/styleguide/form/", "list-checks", key="t")),
        phone_bar=tuple(pm.NavItem(label, url, icon, label == current) for label, icon, url in bar),
    )  # fmt: skip


def nav_items(items: tuple[tuple[str, str, str, str], ...], current: str) -> list[pm.NavItem]:
    return [
        pm.NavItem(
            label, f"/styleguide/{PLACES[label] + '/' if label in PLACES else ''}", icon, label == current,
            count.rstrip("!"), count.endswith("!"), key,
        )
        for label, icon, count, key in items
    ]  # fmt: skip


def wave(start: float, slope: float, size: float, count: int = 26) -> tuple[float, ...]:
    return tuple(
        round(start + slope * i + size * math.sin(i * 2.1) + size * 0.6 * math.sin(i * 0.7), 4) for i in range(count)
    )


def spark(name: str, values: tuple[float, ...], target: float | None, tone: pm.Tone) -> SafeString:
    return charts.render(
        charts.ChartSpec(
            kind="sparkline",
            title=f"{name}, 26 weeks",
            series=(charts.Series(name=name, values=values),),
            target=target,
            tone=tone,
        )
    )


def tiles() -> tuple[pm.KpiTile, ...]:
    rows: tuple[tuple[str, str, str, pm.Tone, str, str, str, float, float], ...] = (
        ("On-time delivery", "94.2", "%", "warn", "target 96", "down", "1.1 pt", -0.15, 97.5),
        ("First-pass yield", "98.1", "%", "good", "target 97.5", "up", "0.4 pt", 0.05, 97.0),
        ("Order → ship time", "4.8", "d", "bad", "target 4.0", "up", "0.6 d", 0.06, 3.4),
        ("Spend vs budget, Nov", "101.6", "%", "warn", "limit 100", "up", "€ 18.4k", 0.1, 99.0),
        ("Open NCs", "17", "", "bad", "target ≤ 12", "", "5 overdue", 0.3, 9.0),
        ("Days without injury", "128", "", "good", "best 203", "", "on track", 5, 0.0),
    )
    words = {"good": "on target", "warn": "at risk", "bad": "off target"}
    return tuple(
        pm.KpiTile(
            name, value, "/styleguide/chart/", unit, tone, target, change, up,  # type: ignore[arg-type]
            spark(name, wave(start, slope, 0.8), start + slope * 16 if name[0] != "D" else None, tone), words[tone],
        )
        for name, value, unit, tone, target, up, change, slope, start in rows
    )  # fmt: skip


def needs() -> tuple[pm.NeedsRow, ...]:
    approve = pm.Button("Approve", "/styleguide/", kind="soft", method="post")
    review = pm.Button("Review", "/styleguide/record/")
    rows: tuple[tuple[str, str, str, pm.Tone, str, str, tuple[pm.Button, ...]], ...] = (
        ("Approve containment: porosity on housing lot L-2291", "NC-12892 · critical · 1 180 pcs on hold", "octagon-alert", "bad", "€ 4.2k / day", "due in 2 h", (approve, review)),
        ("Seal kit SK-40 runs below safety stock on Tue 24 Nov", "Inventory · 212 left, use 61 a day, lead time 5 d", "package-x", "bad", "€ 2.6k / day", "order by noon", (pm.Button("Reorder", "#"),)),
        ("PO-3380 to Norda Metals is € 6.2k over the line budget", "Purchase approval · needed for WO-5512", "receipt-text", "warn", "€ 1.9k / day", "waiting 1 d", (approve, pm.Button("Open", "#"))),
        ("Leak test queue: 8 points above the centre line", "Control chart, rule 2 · started Tue 14:00", "chart-line", "bad", "€ 1.1k / day", "3 d", (pm.Button("Investigate", "#"),)),
        ("Late shift tomorrow is 2 people short on CNC", "Staffing · 3 qualified people are free", "user-x", "warn", "€ 410", "tomorrow", (pm.Button("Fill shift", "#"),)),
        ("Forklift certificates expire: J. Okafor, L. Brandt", "Training · blocks 4 planned jobs next week", "shield-alert", "warn", "4 jobs", "in 6 d", (pm.Button("Book", "#"),)),
    )  # fmt: skip
    return tuple(
        pm.NeedsRow(t, "/styleguide/record/", why, icon, tone, cost, due, b)
        for t, why, icon, tone, cost, due, b in rows
    )


def exceptions() -> pm.Table:
    rows: tuple[tuple[str, pm.Tone, str, str, str, str, str, str], ...] = (
        ("Off target", "bad", "Leak test, Assembly B", "Process", "Queue 41 (limit 20)", "+2.1 h / order", "Maria D.", "CAPA-118"),
        ("Overdue", "bad", "CAPA-109 Supplier sorting at Norda", "CAPA", "9 days late", "€ 3.1k / week", "Sara L.", "NC-0388"),
        ("At risk", "warn", "Coolant contract renewal", "Budget", "Forecast +4.8 %", "€ 11k / year", "Anna R.", "BUD-24"),
        ("At risk", "warn", "Press 4: vibration trend", "Risk", "Score 12 → 16", "8 h stop", "Piotr N.", "RSK-31"),
    )  # fmt: skip
    return pm.Table(
        tuple(pm.Column(name.lower(), name) for name in ("Status", "What", "Signal", "Impact", "Owner", "Linked")),
        tuple(
            pm.Row(what, cells=(pm.Cell(st, "status", tone=tone), pm.Cell(what, note=kind), pm.Cell(signal), pm.Cell(impact), pm.Cell(owner), pm.Cell(link, "link", "#")))
            for st, tone, what, kind, signal, impact, owner, link in rows
        ),
    )  # fmt: skip


def overview() -> pm.OverviewPage:
    orders = charts.ChartSpec(
        kind="line", title="Orders shipped per week, against plan", unit="orders", labels=tuple(f"W{n}" for n in range(36, 48)),
        series=(
            charts.Series(name="Shipped", values=(430, 440, 436, 452, 449, 455, 461, 458, 449, 431, 418, 402)),
            charts.Series(name="Plan", values=(430, 430, 440, 440, 450, 450, 455, 455, 455, 455, 455, 455), dashed=True),
        ),
        label_heading="Week",
    )  # fmt: skip
    return pm.OverviewPage(
        title="Operations overview", crumbs=(pm.Crumb("Overview"),),
        facts="Week 47 · Thursday 19 Nov 2026 · data as of 06:55, next roll-up 07:00",
        periods=(pm.Link("Day", "#"), pm.Link("Week", "#", current=True), pm.Link("Month", "#")),
        buttons=(pm.Button("Plant 2", "#", "building-2"), pm.Button("Weekly report", "#", "file-down")),
        tiles=tiles(), needs=needs(), needs_note="6 items, sorted by cost of waiting", needs_url="#",
        exceptions=exceptions(), exceptions_note="all other processes ran inside their limits",
        rail=(
            pm.Section("Orders shipped", "per week, against plan", svg=charts.render(orders, width=310, height=180), data_table=charts.data_table(orders)),
            pm.Section("Supplier scores", error="Scores could not be read since 06:40.", retry_url="#"),
        ),
    )  # fmt: skip


def bore_charts() -> tuple[charts.ChartSpec, charts.ChartSpec, charts.ChartSpec]:
    """Control chart, spread and causes of one measured size."""
    values = tuple(
        round(24.0105 + 0.0055 * math.sin(i * 1.9) + 0.003 * math.sin(i * 0.55) + (0.006 if i > 30 else 0), 4)
        for i in range(40)
    )
    labels = tuple(f"{8 + i // 4:02d}:{i % 4 * 15:02d}" for i in range(40))
    spec = charts.ChartSpec(
        kind="control", title="Bore Ø 24, individual values", description="40 samples, two signals at the end", unit="mm", labels=labels,
        series=(charts.Series(name="Value", values=values),), spec_upper=24.035, spec_lower=23.99,
        limits=(charts.Limits(centre=24.012, upper=24.028, lower=23.996),),
        signals=(charts.Signal(index=35, rule="2", text="8 points on one side"), charts.Signal(index=37, rule="1", text="beyond 3 σ")),
        number=lambda value: f"{value:.3f}", label_heading="Time",
    )  # fmt: skip
    spread = charts.ChartSpec(
        kind="histogram", title="Distribution of the bore", labels=("23.995", "", "24", "", "24.01", "", "24.02", "", "24.03"),
        series=(charts.Series(name="Count", values=(1, 3, 7, 15, 19, 16, 10, 4, 1)), charts.Series(name="Normal", values=(0.6, 2.6, 7.6, 14.4, 18.6, 16.4, 9.8, 4.1, 1.1))),
    )  # fmt: skip
    causes = charts.ChartSpec(
        kind="pareto", title="Causes, 30 days", labels=("Tool", "Coolant", "Clamp", "Batch", "Setup", "Other"),
        series=(charts.Series(name="Cases", values=(46, 31, 22, 11, 7, 5)),),
    )  # fmt: skip
    return spec, spread, causes


def chart_page() -> pm.ChartPage:
    spec, spread, causes = bore_charts()
    return pm.ChartPage(
        title="Bore Ø 24, valve block VB-200", crumbs=(pm.Crumb("Quality & risk", "#"), pm.Crumb("Control charts", "#"), pm.Crumb("Bore Ø 24")),
        facts="CNC 3 · I-MR chart · gauge G-118 (R&R 9 %) · 40 samples since Fri 08:00",
        periods=(pm.Link("Shift", "#", current=True), pm.Link("Week", "#"), pm.Link("Month", "#")),
        buttons=(pm.Button("Export", "#", "download"),), primary=pm.Button("Open NC", "#", "circle-plus", "pri"),
        verdict=pm.Alert("Not in control since 15:15.", "Eight points in a row above the centre line, then sample 38 above the upper limit. Process is still capable (Cpk 1.18) but moves towards the upper limit."),
        sections=(
            pm.Section("Individual values", "mm", svg=charts.responsive(spec), data_table=charts.data_table(spec)),
            pm.Section("Signals", "2 open", table=pm.Table(
                (pm.Column("rule", "Rule"), pm.Column("what", "What it means", wide=True), pm.Column("n", "Samples", "end"), pm.Column("do", "Reaction")),
                (pm.Row("1", cells=(pm.Cell("1", "status", tone="bad"), pm.Cell("One point beyond 3 σ"), pm.Cell("38", "number"), pm.Cell("Stop and check", "link", "#"))),),
            )),
        ),
        rail=(
            pm.Section("Capability", status=pm.Cell("below 1.33", "status", tone="warn"), facts=tuple(pm.Fact(k, pm.Cell(v)) for k, v in CAPABILITY)),
            pm.Section("Distribution", svg=charts.render(spread, width=270), data_table=charts.data_table(spread)),
            pm.Section("Causes, 30 days", svg=charts.render(causes, width=270), data_table=charts.data_table(causes)),
        ),
    )  # fmt: skip
