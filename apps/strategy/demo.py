"""The demo company's strategy: a year's objectives from the company to a person, bound to its KPIs, and what changes around it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from apps.core.demo import Demo, demo_part
from apps.strategy import services
from apps.strategy.models import Objective

# key, title, level, perspective, department, owner, part of, share
OBJECTIVES = (
    ("trust", "Customers trust our delivery days", "company", "cust", "CO", "demo.opm", "", 0),
    ("otd", "Orders leave on the confirmed day", "dept", "proc", "LOG", "demo.opm", "trust", 40),
    ("right", "Make it right the first time", "dept", "proc", "TEST", "demo.dpm", "trust", 30),
    ("money", "Spend less on energy and scrap", "company", "fin", "CO", "demo.opm", "", 0),
    ("skills", "Every shift has two leak-test people", "dept", "learn", "TEST", "demo.dpm", "right", 50),
)
# objective, title, weight, KPI, from, to
RESULTS = (
    ("trust", "On-time delivery of the whole company", 30, "otd", "90", "96"),
    ("otd", "On-time delivery", 60, "otd", "90", "97"),
    ("otd", "Lead time falls", 40, "lead", "9", "6"),
    ("right", "First-pass yield", 50, "fpy", "95", "98.5"),
    ("money", "Scrap cost of a month falls", 50, "scrap", "52", "36"),
    ("money", "Energy per unit falls", 50, "energy", "3.4", "2.8"),
    ("skills", "People trained for leak test", 100, "", "2", "6"),
)


@demo_part("Objectives and what changes around the company", 30)
def build(demo: Demo) -> None:
    departments, people, kpis = demo.made["departments"], demo.made["people"], demo.made["kpis"]
    year = demo.until.year
    made: dict[str, Objective] = {}
    for key, title, level, perspective, place, owner, parent, share in OBJECTIVES:
        made[key] = services.set_objective(
            title=title,
            level=level,
            perspective=perspective,
            department=departments[place],
            owner=people[owner],
            parent=made.get(parent),
            weight=Decimal(share),
            starts_on=date(year, 1, 1),
            ends_on=date(year, 12, 31),
            actor=None,
        )
    for key, title, weight, kpi, start, target in RESULTS:
        result = services.set_key_result(
            objective=made[key],
            title=title,
            weight=Decimal(weight),
            kpi=kpis.get(kpi),
            start_value=Decimal(start),
            target_value=Decimal(target),
            actor=None,
        )
        if not kpi:
            services.report_value(result, value=Decimal(4), actor=None)
    for objective in made.values():
        services.activate_objective(objective, actor=None)
    _initiatives(demo, made)
    _around(demo, made)


def _initiatives(demo: Demo, made: dict[str, Objective]) -> None:
    people = demo.made["people"]
    for key, title, owner, state, days, progress in (
        ("otd", "Second carrier for Lyon", "demo.buy", "running", 30, 60),
        ("skills", "Leak-test course with the bench maker", "demo.sup", "running", 20, 40),
        ("money", "Reline the furnace", "demo.dpm", "planned", 90, 0),
        ("right", "Poka-yoke on the seal press", "demo.qai", "done", -20, 100),
    ):
        services.add_initiative(
            objective=made[key],
            title=title,
            owner=people[owner],
            state=state,
            due_on=demo.until + timedelta(days=days),
            progress=progress,
            actor=None,
        )


def _around(demo: Demo, made: dict[str, Objective]) -> None:
    for title, kind, impact, likelihood, meaning, response, state, touches in (
        (
            "Heat-pump makers order 15 % more valves",
            "demand",
            4,
            4,
            "The leak test becomes the bottleneck from March.",
            "Second bench, two more people.",
            "act",
            "trust",
        ),
        (
            "New limits on lead in brass",
            "regul",
            5,
            5,
            "Two alloys leave the catalogue next year.",
            "",
            "watch",
            "right",
        ),
        ("Copper price up 9 % in a quarter", "supply", 3, 5, "Material cost per valve rises.", "", "new", "money"),
    ):
        services.note_scan_item(
            title=title,
            kind=kind,
            seen_on=demo.until - timedelta(days=12),
            expected_on=demo.until + timedelta(days=120),
            impact=impact,
            likelihood=likelihood,
            meaning=meaning,
            response=response,
            state=state,
            department=demo.made["departments"]["CO"],
            owner=demo.made["people"]["demo.opm"],
            objective=made[touches],
            actor=None,
        )
