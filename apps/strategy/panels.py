"""Parts of the record pages of objectives, built on queries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.strategy import progress, queries
from apps.strategy.models import Initiative, KeyResult, Objective, ScanItem
from apps.strategy.queries import Branch, share_of

OBJECTIVE_TONES = {"draft": "idle", "active": "info", "closed": "idle"}
INITIATIVE_TONES = {"planned": "idle", "running": "info", "done": "good", "stopped": "hold"}
SCAN_TONES = {"new": "info", "watch": "info", "act": "warn", "closed": "idle"}
WORDS = {"good": "on pace", "warn": "behind", "bad": "far behind", "idle": "no value yet"}


def percent(share: Decimal | None) -> str:
    return cells.DASH if share is None else f"{share * 100:.0f} %"


def objective_state(one: Objective) -> tuple[str, str]:
    return OBJECTIVE_TONES[one.state], one.get_state_display()


def initiative_state(one: Initiative) -> tuple[str, str]:
    late = one.state in {"planned", "running"} and one.due_on < timezone.localdate()
    return ("bad", "Late") if late else (INITIATIVE_TONES[one.state], one.get_state_display())


def scan_state(one: ScanItem) -> tuple[str, str]:
    return SCAN_TONES[one.state], one.get_state_display()


def shown(result: KeyResult, value: Decimal | None) -> str:
    """A key result's number with its unit, in the decimals of its KPI."""
    if value is None:
        return cells.DASH
    decimals = result.kpi.decimals if result.kpi is not None else 2
    return format_number(value, decimals, unit=result.unit)


def result_tone(result: KeyResult) -> str:
    objective = result.objective
    pace = progress.expected(objective.starts_on, objective.ends_on, timezone.localdate())
    return progress.tone(share_of(result), pace)


def result_state(result: KeyResult) -> tuple[str, str]:
    tone = result_tone(result)
    return tone, WORDS[tone].capitalize()


def results_panel(objective: Objective, user: Any) -> pm.Section | None:
    """Key results with their weights, which must make 100 per cent."""
    found = KeyResult.objects.filter(objective=objective, archived_at__isnull=True).select_related("kpi", "objective")
    rows = [_result_row(one) for one in found.order_by("id")]
    branch = queries.branch_of(objective, today=timezone.localdate())
    complete = branch.weights == progress.ONE * 100
    columns = (
        pm.Column("title", "Key result", wide=True),
        pm.Column("weight", "Weight", align="end"),
        pm.Column("start", "From", align="end"),
        pm.Column("now", "Now", align="end"),
        pm.Column("to", "To", align="end"),
        pm.Column("progress", "Progress"),
        pm.Column("kpi", "Comes from"),
    )
    return pm.Section(
        "Key results",
        note=f"{percent(branch.progress.share)} reached"
        + ("" if complete else f" · weights sum to {branch.weights.normalize():f} %, not 100 %"),
        table=pm.Table(columns, tuple(rows), "Key results", "No key result yet. Add what would prove it."),
        button=pm.Button(
            "Add key result", reverse("create", args=["key-results"]) + f"?objective={objective.pk}", "plus"
        ),
        status=pm.Cell(WORDS[branch.tone].capitalize(), "status", tone=branch.tone),  # type: ignore[arg-type]
    )


def _result_row(one: KeyResult) -> pm.Row:
    url = reverse("record", args=["key-results", one.pk])
    return pm.Row(
        str(one.pk),
        url,
        (
            pm.Cell(one.title, "link", url=url),
            pm.Cell(f"{one.weight.normalize():f} %", "number"),
            pm.Cell(shown(one, one.start_value), "number"),
            pm.Cell(shown(one, one.current_value), "number"),
            pm.Cell(shown(one, one.target_value), "number"),
            pm.Cell(percent(share_of(one)), "status", tone=result_tone(one)),  # type: ignore[arg-type]
            pm.Cell(str(one.kpi) if one.kpi else "By hand"),
        ),
    )


def parts_panel(objective: Objective, user: Any) -> pm.Section | None:
    branch = queries.branch_of(objective, today=timezone.localdate())
    if not branch.children:
        return None
    return pm.Section("Parts of it", table=branch_table(branch.children, "Parts of it"))


def branch_table(branches: list[Branch], title: str) -> pm.Table:
    """Objectives as a table: the twin of every drawing of them."""
    rows = tuple(
        pm.Row(
            str(one.objective.pk),
            reverse("record", args=["objectives", one.objective.pk]),
            (
                pm.Cell(one.objective.title, "link", url=reverse("record", args=["objectives", one.objective.pk])),
                pm.Cell(one.objective.get_level_display()),
                pm.Cell(str(one.objective.owner)),
                pm.Cell(str(one.objective.parent or cells.DASH)),
                pm.Cell(f"{one.objective.weight.normalize():f} %" if one.objective.weight else cells.DASH, "number"),
                pm.Cell(percent(one.progress.share), "number"),
                pm.Cell(WORDS[one.tone].capitalize(), "status", tone=one.tone),  # type: ignore[arg-type]
            ),
        )
        for one in branches
    )
    columns = (
        pm.Column("title", "Objective", wide=True),
        pm.Column("level", "Of"),
        pm.Column("owner", "Owner"),
        pm.Column("parent", "Part of"),
        pm.Column("weight", "Share", align="end"),
        pm.Column("progress", "Reached", align="end"),
        pm.Column("status", "Pace"),
    )
    return pm.Table(columns, rows, title, "No objectives yet.")


def initiatives_panel(objective: Objective, user: Any) -> pm.Section | None:
    zone = cells.zone_of(user)
    rows = []
    found = Initiative.objects.filter(objective=objective, archived_at__isnull=True).select_related("owner")
    for one in found.order_by("due_on"):
        tone, word = initiative_state(one)
        url = reverse("record", args=["initiatives", one.pk])
        rows.append(
            pm.Row(
                str(one.pk),
                url,
                (
                    pm.Cell(one.title, "link", url=url),
                    pm.Cell(word, "status", tone=tone),  # type: ignore[arg-type]
                    pm.Cell(str(one.owner)),
                    cells.plain_cell(one.due_on, zone),
                    pm.Cell(f"{one.progress} %", "number"),
                ),
            )
        )
    columns = (
        pm.Column("title", "Initiative", wide=True),
        pm.Column("state", "State"),
        pm.Column("owner", "Owner"),
        pm.Column("due", "Due"),
        pm.Column("progress", "Progress", align="end"),
    )
    return pm.Section(
        "Initiatives",
        table=pm.Table(columns, tuple(rows), "Initiatives", "No work planned for it yet."),
        button=pm.Button(
            "Add initiative", reverse("create", args=["initiatives"]) + f"?objective={objective.pk}", "plus"
        ),
    )
