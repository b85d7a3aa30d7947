"""Sections of the budget report that compare: like with like, versions side by side, the four costs of quality."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.budgets import matching
from apps.budgets.matching import Like
from apps.budgets.models import Plan
from apps.budgets.panels import money
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm

NO_FORECAST = "No forecast"
MOST_ROWS = 200


def matched_section(plans: list[Plan], user: Any, by: str, nature: str) -> pm.Section:
    """Only periods with both a budget and an actual, so that like is compared with like."""
    found = matching.matched(plans, user, by=by, nature=nature)
    rows = [_matched_row(one, plans[0]) for one in found[:MOST_ROWS]]
    if found:
        rows.append(_matched_row(matching.total_of(found), plans[0]))
    columns = (
        pm.Column("name", by.capitalize(), wide=True),
        pm.Column("count", "Periods", align="end"),
        *(
            pm.Column(name, label, align="end")
            for name, label in (
                ("budget", "Budget"),
                ("actual", "Actual"),
                ("variance", "Variance"),
                ("share", "Of budget"),
            )
        ),
    )
    over = f"{len(plans)} budgets: " if len(plans) > 1 else ""
    return pm.Section(
        "Like with like",
        note=f"{over}only periods of a line that have both a budget and an actual, the most over budget first",
        table=pm.Table(columns, tuple(rows), "Like with like", "No period has both yet."),
    )


def _matched_row(one: Like, plan: Plan) -> pm.Row:
    share = cells.DASH if one.per_cent is None else f"{format_number(one.per_cent, 2, signed=True)} %"
    amounts = (one.budget, one.actual, one.variance)
    return pm.Row(
        one.key or "none",
        "",
        (
            pm.Cell(one.name),
            pm.Cell(format_number(one.count), "number"),
            *(pm.Cell(money(amount, plan.currency), "number") for amount in amounts),
            pm.Cell(share, "number"),
        ),
    )


def versions_section(plan: Plan, user: Any, by: str, nature: str) -> pm.Section:
    """Every version side by side, by the same groups; what has no forecast says so."""
    versions = list(
        (
            Plan.objects.visible_to(user).filter(pk=plan.family_id)
            | Plan.objects.visible_to(user).filter(root=plan.family_id)
        )
        .filter(archived_at__isnull=True)
        .order_by("pk")[:6]
    )
    forecast = any(one.version_kind == Plan.Version.FORECAST for one in versions)
    sums = matching.version_sums(versions, user, by=by, nature=nature)
    rows = tuple(
        pm.Row(
            key or "none",
            "",
            (
                pm.Cell(name),
                *(_version_cell(found.get(one.pk), one) for one in versions),
                *(() if forecast else (pm.Cell(NO_FORECAST),)),
            ),
        )
        for (key, name), found in sorted(sums.items())[:MOST_ROWS]
    )
    columns = (
        pm.Column("name", by.capitalize(), wide=True),
        *(pm.Column(f"v{one.pk}", f"{one.get_version_kind_display()} {one.code}", align="end") for one in versions),
        *(() if forecast else (pm.Column("forecast", "Forecast"),)),
    )
    table = pm.Table(columns, rows, "Versions side by side", "No version has a line yet.")
    return pm.Section("Versions side by side", table=table)


def _version_cell(amount: Decimal | None, version: Plan) -> pm.Cell:
    if amount is None and version.version_kind == Plan.Version.FORECAST:
        return pm.Cell(NO_FORECAST)
    return pm.Cell(money(amount, version.currency), "number")
