"""The demo company's money: a budget in force with a year of actuals, commitments, a transfer, savings and a draft."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.budgets import services
from apps.budgets.models import Line, Plan
from apps.core.demo import Demo, demo_part

# code, name, class of the cost of quality
CATEGORIES = (
    ("material", "Consumables", ""),
    ("energy", "Energy", ""),
    ("maintenance", "Maintenance", ""),
    ("training", "Quality training", "prevent"),
    ("inspection", "Inspection and test", "appraise"),
    ("scrap", "Scrap and rework", "internal"),
    ("warranty", "Warranty and returns", "external"),
    ("freight", "Freight", ""),
)
# department, category, amount of the year, how it is spent: share of its budget in per cent
LINES = (
    ("TEST", "material", 96_000, 98),
    ("TEST", "maintenance", 60_000, 112),
    ("TEST", "inspection", 38_400, 95),
    ("TEST", "scrap", 30_000, 121),
    ("CO", "training", 24_000, 71),
    ("CO", "warranty", 18_000, 84),
    ("LOG", "freight", 144_000, 101),
)


@demo_part("Budgets, their actuals and commitments", 35)
def build(demo: Demo) -> None:
    people = demo.made["people"]
    categories = {
        code: services.add_category(code=code, name=name, quality=quality, actor=None)
        for code, name, quality in CATEGORIES
    }
    services.add_rate(
        currency="USD", into="EUR", valid_from=date(demo.until.year, 1, 1), rate=Decimal("0.92"), actor=None
    )
    plan = _plan(demo, demo.until.year, categories)
    services.approve_plan(plan, actor=people["demo.exe"])
    lines = list(Line.objects.filter(plan=plan).select_related("plan").order_by("pk"))
    _live(demo, lines)
    _around(demo, plan, lines)
    _plan(demo, demo.until.year + 1, categories)


def _plan(demo: Demo, year: int, categories: dict[str, Any]) -> Plan:
    departments, people = demo.made["departments"], demo.made["people"]
    plan = services.draft_plan(
        name=f"Operations {year}",
        department=departments["CO"],
        owner=people["demo.opm"],
        fiscal_year=year,
        to_date_check=Plan.Check.WARN,
        actor=people["demo.opm"],
    )
    for place, category, total, _ in LINES:
        services.add_line(
            plan=plan,
            department=departments[place],
            category=categories[category],
            owner=people["demo.dpm"] if place == "TEST" else None,
            total=Decimal(total),
            actor=None,
        )
    services.add_line(
        plan=plan,
        department=departments["TEST"],
        category=categories["energy"],
        owner=people["demo.dpm"],
        spread="season",
        weights="14 13 11 8 6 5 5 5 6 8 11 13",
        quantity=Decimal(240_000),
        rate=Decimal("0.21"),
        unit="kWh",
        output=Decimal(80_000),
        actor=None,
    )
    return plan


def _live(demo: Demo, lines: list[Line]) -> None:
    """A bill a month for every line, a quarter of a line bound by orders."""
    plan = lines[0].plan
    for number, end in enumerate(plan.period_ends):
        if end >= demo.until:
            break
        for line, share in zip(lines, [*(one[3] for one in LINES), 104], strict=True):
            planned = line.amounts[number] or Decimal(0)
            amount = round(planned * share * demo.rng.randint(88, 112) / 10_000, 2)
            quantity = None if line.rate is None else round(amount / line.rate / Decimal("1.06"), 1)
            services.spend_funds(
                line=line, amount=amount, on=end, document=f"books {end:%Y-%m}", quantity=quantity, actor=None
            )
        if number and end < demo.until - timedelta(days=45):
            services.close_period(plan, through=end, actor=None)
    for line, bound, document in ((lines[0], 2_400, "order demo-1"), (lines[6], 5_150, "order demo-2")):
        services.encumber_funds(
            line=line, amount=Decimal(bound), on=demo.until, document=document, actor=demo.made["people"]["demo.opm"],
            override="Agreed in the weekly meeting",
        )  # fmt: skip
    services.reserve_funds(
        line=lines[4],
        amount=Decimal(1_800),
        on=demo.until,
        document="request demo-3",
        actor=demo.made["people"]["demo.dpm"],
    )


def _around(demo: Demo, plan: Plan, lines: list[Line]) -> None:
    people = demo.made["people"]
    services.ask_transfer(
        from_line=lines[4],
        to_line=lines[1],
        amount=Decimal(3_000),
        on=demo.until,
        reason="The seal kit of press 4 came earlier than planned",
        actor=people["demo.dpm"],
    )
    year = date(demo.until.year, 1, 1)
    one = services.claim_saving(
        line=lines[0],
        title="Coolant in drums instead of cans",
        baseline=Decimal(104_000),
        expected=Decimal(8_000),
        starts_on=year,
        ends_on=date(year.year, 12, 31),
        owner=people["demo.dpm"],
        actor=people["demo.dpm"],
    )
    services.judge_saving(one, verdict="valid", actor=people["demo.opm"])
    services.claim_saving(
        line=lines[6],
        title="Two lorries a week instead of three",
        rhythm="again",
        kind="soft",
        baseline=Decimal(40_000),
        expected=Decimal(6_000),
        starts_on=demo.until,
        ends_on=date(year.year, 12, 31),
        owner=people["demo.buy"],
        actor=people["demo.buy"],
    )
