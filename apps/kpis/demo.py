"""The demo company's KPIs: two years of daily readings with a few incidents that a manager would remember."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from apps.core.demo import Demo, demo_part
from apps.kpis import demo_watching, services
from apps.kpis.ingest import Measured
from apps.kpis.models import Definition, ReadingBatch
from apps.kpis.series import zone

DAYS = 730
LINES = ("CNC", "ASM", "TEST", "POZ")


@dataclass(frozen=True)
class Plan:
    """How one KPI behaves: its level, noise, yearly swing and drift, in the terms of its rule."""

    code: str
    name: str
    unit: str
    rule: str
    direction: str
    level: float
    noise: float
    target: str
    amber: str
    departments: tuple[str, ...]
    weight: int = 0
    factor: int = 1
    decimals: int = 1
    swing: float = 0.0
    drift: float = 0.0
    owner: str = "demo.opm"
    on_overview: bool = True
    upper: tuple[str, str] | None = None
    description: str = ""
    per_day: int = 1
    quantile: str = ""


PLANS = (
    Plan(
        "otd",
        "On-time delivery",
        "%",
        "ratio",
        "higher",
        0.955,
        0.02,
        "96",
        "93",
        ("LOG",),
        weight=120,
        factor=100,
        drift=-0.012,
        owner="demo.opm",
        description="Order lines delivered on the confirmed day, of all lines due.",
    ),
    Plan(
        "fpy",
        "First-pass yield",
        "%",
        "ratio",
        "higher",
        0.978,
        0.008,
        "97.5",
        "96",
        LINES,
        weight=180,
        factor=100,
        drift=0.004,
        owner="demo.dpm",
        description="Units right the first time, of all units made.",
    ),
    Plan(
        "lead",
        "Order to ship time",
        "d",
        "mean",
        "lower",
        4.2,
        0.5,
        "4",
        "5",
        ("LOG",),
        drift=0.5,
        description="Working days from order to shipment, mean over orders.",
    ),
    Plan(
        "shipped",
        "Orders shipped",
        "",
        "sum",
        "higher",
        88,
        7,
        "440",
        "400",
        ("LOG",),
        swing=5,
        decimals=0,
        description="Orders that left the warehouse.",
    ),
    Plan(
        "scrap",
        "Scrap cost",
        "k€",
        "sum",
        "lower",
        0.42,
        0.15,
        "12",
        "15",
        LINES,
        swing=0.05,
        owner="demo.dpm",
        description="Material and work written off.",
    ),
    Plan(
        "oee",
        "OEE",
        "%",
        "ratio",
        "higher",
        0.715,
        0.03,
        "72",
        "68",
        ("CNC", "TEST", "POZ"),
        weight=960,
        factor=100,
        drift=0.01,
        owner="demo.dpm",
        description="Good output of planned time at ideal speed.",
    ),
    Plan(
        "safety",
        "Safety walks",
        "",
        "sum",
        "higher",
        1.1,
        0.9,
        "18",
        "14",
        LINES,
        decimals=0,
        on_overview=False,
        owner="demo.sup",
        description="Walks done with the checklist.",
    ),
    Plan(
        "absence",
        "Absence",
        "%",
        "ratio",
        "lower",
        0.043,
        0.012,
        "4.5",
        "6",
        (*LINES, "QUAL", "LOG"),
        weight=24,
        factor=100,
        swing=0.01,
        on_overview=False,
        description="Hours absent of hours planned.",
    ),
    Plan(
        "energy",
        "Energy per unit",
        "kWh",
        "ratio",
        "lower",
        3.1,
        0.12,
        "3",
        "3.3",
        ("CNC", "POZ"),
        weight=420,
        swing=0.25,
        decimals=2,
        on_overview=False,
        description="Energy used, per good unit.",
    ),
    Plan(
        "coolant",
        "Coolant concentration",
        "%",
        "mean",
        "range",
        7.6,
        0.35,
        "7",
        "6.5",
        ("CNC",),
        upper=("8.5", "9"),
        on_overview=False,
        description="Refractometer reading of machine coolant.",
    ),
    Plan(
        "stock",
        "Stock value",
        "k€",
        "last",
        "lower",
        610,
        12,
        "600",
        "650",
        ("LOG",),
        decimals=0,
        drift=-30,
        on_overview=False,
        description="Value of all stock at day's end.",
    ),
    Plan(
        "complaints",
        "Customer complaints",
        "",
        "sum",
        "lower",
        0.35,
        0.5,
        "2",
        "4",
        ("QUAL",),
        decimals=0,
        on_overview=False,
        description="Complaints received.",
    ),
    Plan(
        "lead-90",
        "Order to ship time, nine of ten orders",
        "d",
        "percentile",
        "lower",
        4.3,
        1.1,
        "6",
        "7",
        ("LOG",),
        drift=0.5,
        on_overview=False,
        per_day=6,
        quantile="90",
        description="Nine of ten orders sampled took no longer than this, in working days.",
    ),
)
# KPI, department or None for all, days before the end, length, shift of the level, what happened
INCIDENTS = (
    ("fpy", "TEST", 420, 16, -0.05, "Leak bench 2 seal kit worn"),
    ("scrap", "POZ", 300, 20, 0.5, "Porous castings from a new alloy batch"),
    ("otd", None, 200, 25, -0.07, "Carrier strike in Lyon"),
    ("oee", "CNC", 120, 12, -0.12, "Spindle of CNC 3 replaced"),
    ("lead", None, 40, 41, 1.1, "Leak test queue since the late shift lost two people"),
    ("shipped", None, 28, 29, -13, "Follows the leak test queue"),
    ("otd", None, 21, 22, -0.02, "Late orders of the leak test queue"),
    ("coolant", None, 13, 14, -1.0, "Mixed by hand while the doser waits for a part"),
    ("lead-90", None, 40, 41, 1.1, "Follows the leak test queue"),
    ("energy", "POZ", 500, 60, 0.4, "Furnace lining due"),
    ("energy", None, demo_watching.ENERGY_CHANGED, DAYS, -0.3, "New compressor"),
)


@demo_part("KPIs and two years of readings", 20)
def build(demo: Demo) -> None:
    departments = demo.made["departments"]
    kpis = {plan.code: _define(demo, plan, position) for position, plan in enumerate(PLANS)}
    demo.made["kpis"] = kpis
    batch = services.record_readings(
        _readings(
            demo, {code: one.pk for code, one in kpis.items()}, {code: one.pk for code, one in departments.items()}
        ),
        source=ReadingBatch.Source.SYSTEM,
        department=departments["CO"],
        actor=None,
        note="Demo history",
    )
    services.roll_up_batch(batch.pk)
    kpis["scrap-per-100"] = demo_watching.add_formula(demo, len(PLANS))
    demo_watching.build(demo)


def _define(demo: Demo, plan: Plan, position: int) -> Definition:
    company = demo.made["departments"]["CO"]
    kpi = services.define_kpi(
        code=plan.code,
        name=plan.name,
        unit=plan.unit,
        rule=plan.rule,
        direction=plan.direction,
        grain="day",
        factor=Decimal(plan.factor),
        decimals=plan.decimals,
        department=company,
        owner=demo.made["people"][plan.owner],
        description=plan.description,
        quantile=Decimal(plan.quantile) if plan.quantile else None,
        on_overview=plan.on_overview,
        position=position,
        actor=None,
    )
    limits = {"target": Decimal(plan.target), "amber": Decimal(plan.amber)}
    if plan.upper:
        limits |= {"upper_target": Decimal(plan.upper[0]), "upper_amber": Decimal(plan.upper[1])}
    per = "week" if plan.rule == "sum" else ""
    start = date(demo.until.year - 3, 1, 1)
    services.set_target(kpi=kpi, department=company, valid_from=start, per=per, actor=None, **limits)
    return kpi


def _readings(demo: Demo, kpis: dict[str, int], departments: dict[str, int]) -> Iterator[Measured]:
    local = zone()
    for plan in PLANS:
        for code in plan.departments:
            for offset in range(DAYS, 0, -1):
                day = demo.until - timedelta(days=offset - 1)
                if day.weekday() >= 5:
                    continue
                for number in range(plan.per_day):
                    at = datetime.combine(day, time(12 + number), local)
                    value, weight = _measure(demo, plan, code, offset)
                    yield kpis[plan.code], departments[code], at, value, weight


def _measure(demo: Demo, plan: Plan, code: str, offset: int) -> tuple[Decimal, Decimal | None]:
    """One day's figure: level, drift over two years, yearly swing, chance, and what happened."""
    level = plan.level + plan.drift * (1 - offset / DAYS) + plan.swing * math.sin(offset / 365 * 2 * math.pi)
    for kpi, department, before, length, shift, _ in INCIDENTS:
        if kpi == plan.code and department in {None, code} and before - length < offset <= before:
            level += shift
    figure = demo.rng.gauss(level, plan.noise)
    if plan.rule == "ratio":
        weight = max(1, round(demo.rng.gauss(plan.weight, plan.weight * 0.08)))
        share = min(max(figure, 0.0), 1.0) if plan.factor == 100 else max(figure, 0.0)
        return Decimal(round(share * weight)) if plan.weight > 100 else Decimal(f"{share * weight:.2f}"), Decimal(
            weight
        )
    if plan.decimals == 0:
        return Decimal(max(0, round(figure))), None
    return Decimal(f"{max(0.0, figure):.3f}"), None
