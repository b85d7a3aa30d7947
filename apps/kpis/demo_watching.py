"""The demo company's computed KPIs, its watches with what they found, and the one deliberate change of a process."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from apps.core.demo import Demo
from apps.kpis import services
from apps.kpis.models import Alert, Definition

ENERGY_CHANGED = 170  # days before the end; the incident of the same name lowers the readings
# KPI, department, what to look for, further settings, who is told when not the KPI's owner
WATCHES: tuple[tuple[str, str, str, dict[str, Any], str], ...] = (
    ("otd", "CO", "band", {"open_after": 2, "clear_after": 2, "escalate_after_hours": 24}, ""),
    ("lead", "CO", "signal", {}, ""),
    ("fpy", "TEST", "band", {}, ""),
    ("shipped", "CO", "band", {}, ""),
    ("scrap", "POZ", "anomaly", {}, ""),
    (
        "coolant",
        "CNC",
        "threshold",
        {"side": "below", "limit": Decimal("7"), "clear_limit": Decimal("7.2")},
        "demo.dpm",
    ),
    ("energy", "CO", "forecast", {"grain": "month"}, ""),
    ("safety", "CO", "missing", {"grain": "week"}, ""),
)


def add_formula(demo: Demo, position: int) -> Definition:
    """Scrap per hundred orders: a value no single reading holds."""
    company = demo.made["departments"]["CO"]
    kpi = services.define_kpi(
        code="scrap-per-100",
        name="Scrap cost per 100 orders",
        unit="k€",
        origin="formula",
        formula="scrap / shipped * 100",
        direction="lower",
        grain="week",
        decimals=2,
        department=company,
        owner=demo.made["people"]["demo.dpm"],
        description="Scrap cost of the period for every hundred orders shipped in it.",
        position=position,
        actor=None,
    )
    first = demo.until.replace(year=demo.until.year - 3, month=1, day=1)
    limits = {"target": Decimal("2.6"), "amber": Decimal("3.2")}
    services.set_target(kpi=kpi, department=company, valid_from=first, per="week", actor=None, **limits)
    return kpi


def build(demo: Demo) -> None:
    """Watches look once at what is there; one alert is in hand, the others wait."""
    departments, people, kpis = demo.made["departments"], demo.made["people"], demo.made["kpis"]
    services.rebaseline(
        kpi=kpis["energy"],
        department=departments["CO"],
        starts_on=demo.until - timedelta(days=ENERGY_CHANGED),
        reason="New compressor and leaks of compressed air repaired",
        actor=None,
    )
    for code, place, kind, settings, told in WATCHES:
        escalate = people["demo.exe"] if "escalate_after_hours" in settings else None
        values = {"grain": "week"} | settings | {"notify": people.get(told), "escalate_to": escalate}
        services.set_watch(kpi=kpis[code], department=departments[place], kind=kind, actor=None, **values)
    now = datetime.combine(demo.until, time(23), UTC)
    services.look_at([one.pk for one in kpis.values()], now=now)
    services.look_for_missing(now=now)
    in_hand = Alert.objects.filter(kpi=kpis["lead"]).first()
    if in_hand is not None:
        services.acknowledge_alert(
            in_hand,
            actor=people["demo.opm"],
            note="Two people are trained on the leak test; the queue falls from Monday.",
        )
