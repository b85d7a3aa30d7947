"""The demo company's shared dashboards: one for each of the people who manage."""

from __future__ import annotations

from apps.core.demo import Demo, demo_part
from apps.dashboard import services

# owner, title, cards with their KPI and size
DASHBOARDS = (
    (
        "demo.opm",
        "Operations at a glance",
        (
            ("kpis.figures", "", "full"),
            ("kpis.chart", "otd", "half"),
            ("kpis.chart", "lead", "half"),
            ("kpis.exceptions", "", "full"),
            ("strategy.objectives", "", "full"),
        ),
    ),
    (
        "demo.exe",
        "Company this week",
        (("kpis.figures", "", "full"), ("strategy.objectives", "", "full"), ("kpis.chart", "stock", "half")),
    ),
    (
        "demo.dpm",
        "Production day",
        (
            ("dashboard.needs", "", "full"),
            ("kpis.chart", "fpy", "half"),
            ("kpis.chart", "oee", "half"),
            ("kpis.chart", "scrap", "half"),
            ("kpis.chart", "scrap-per-100", "half"),
        ),
    ),
    (
        "demo.sup",
        "Shift board",
        (("dashboard.needs", "", "full"), ("kpis.chart", "safety", "half"), ("kpis.chart", "fpy", "half")),
    ),
)


@demo_part("shared dashboards", 50)
def build(demo: Demo) -> None:
    for owner, title, cards in DASHBOARDS:
        entries = [{"card": card, "param": param, "size": size} for card, param, size in cards]
        services.make_dashboard(title=title, cards=entries, actor=demo.made["people"][owner], shared=True)
