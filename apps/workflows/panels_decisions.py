"""Parts of a decision's record page: the grid, what the search found in it, its cases and its versions."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from apps.core.access.rights import reaches
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.workflows import decision_tables
from apps.workflows.dmn import regions, table
from apps.workflows.dmn.table import POLICIES, Ready
from apps.workflows.models import Decision

SHOWN = 12


def table_panel(decision: Decision, user: Any) -> pm.Section:
    made = table.from_data(decision.table)
    heads = [
        *(one.label or one.name for one in made.inputs),
        *(one.label or one.name or "Outcome" for one in made.outputs),
    ]
    columns = (pm.Column("number", "Rule", "end"), *(pm.Column(f"c{at}", head) for at, head in enumerate(heads)))
    noted = any(line.note for line in made.lines)
    rows = tuple(
        pm.Row(
            str(number),
            "",
            (
                pm.Cell(str(number)),
                *(pm.Cell(text or "-") for text in (*line.when, *line.then)),
                *((pm.Cell(line.note),) if noted else ()),
            ),
        )
        for number, line in enumerate(made.lines, 1)
    )
    edits = reaches(user, "rule", "u", decision) and decision.archived_at is None
    return pm.Section(
        "Rules",
        note=POLICIES[made.policy],
        table=pm.Table((*columns, pm.Column("note", "Note")) if noted else columns, rows, "Rules", "No rules yet."),
        button=pm.Button("Edit table", reverse("decision_table", args=[decision.pk]), "pencil") if edits else None,
        links=(
            pm.Connection("Try values", reverse("decision_try", args=[decision.pk]), "flask-conical"),
            pm.Connection("Download as DMN", reverse("decision_file", args=[decision.pk]), "download"),
        ),
    )


def check_panel(decision: Decision, _user: Any) -> pm.Section:
    """Gaps and overlaps of the draft, each with its place."""
    made = decision_tables.ready_draft(decision)
    found = regions.report(made)
    rows = tuple(_found(made, found))
    notes = [f"{place} is no constant and was not searched." for place in found.unchecked[:5]]
    notes += [] if found.complete else ["The table is large: only the first findings are listed."]
    columns = (pm.Column("kind", "Finding"), pm.Column("where", "Where", wide=True), pm.Column("rules", "Rules"))
    return pm.Section(
        "Gaps and overlaps",
        text="\n".join(notes),
        table=pm.Table(
            columns, rows[: SHOWN * 2], "Gaps and overlaps", "Every value is covered, and rules meet nowhere."
        ),
    )


def _found(made: Ready, found: regions.Report) -> list[pm.Row]:
    wrong = decision_tables.contradictions(made, found)
    rows = []
    for at, one in enumerate(found.overlaps[:SHOWN]):
        tone, word = ("bad", "Overlap") if one in wrong else ("info", "Rules meet")
        cell = pm.Cell(word, "status", tone=tone)  # type: ignore[arg-type]
        numbers = ", ".join(str(number) for number in one.rules)
        rows.append(pm.Row(f"o{at}", "", (cell, pm.Cell(decision_tables.where(made, one)), pm.Cell(numbers))))
    covered = any(one.default for one in made.table.outputs)
    for at, one in enumerate(found.gaps[:SHOWN]):
        cell = pm.Cell("Default" if covered else "Gap", "status", tone="info" if covered else "warn")
        rows.append(pm.Row(f"g{at}", "", (cell, pm.Cell(decision_tables.where(made, one)), pm.Cell(cells.DASH))))
    return rows


def cases_panel(decision: Decision, _user: Any) -> pm.Section:
    checked = decision_tables.run_cases(decision_tables.ready_draft(decision), decision.cases)
    rows = tuple(
        pm.Row(
            str(at),
            "",
            (
                pm.Cell(one.name),
                pm.Cell(one.expected),
                pm.Cell(one.found),
                pm.Cell("Passes" if one.passed else "Fails", "status", tone="good" if one.passed else "bad"),
            ),
        )
        for at, one in enumerate(checked)
    )
    columns = (
        pm.Column("name", "Case", wide=True),
        pm.Column("expected", "Expected"),
        pm.Column("found", "Found"),
        pm.Column("result", "Result"),
    )
    empty = "No saved cases. Try values and keep what must stay true."
    return pm.Section("Saved cases", note="must pass before publishing", table=pm.Table(columns, rows, "Cases", empty))


def versions_panel(decision: Decision, user: Any) -> pm.Section | None:
    found = list(decision.versions.select_related("published_by").order_by("-number")[:20])
    if not found:
        return None
    rows = tuple(
        pm.Row(
            str(one.pk),
            "",
            (
                pm.Cell(str(one.number)),
                pm.Cell(str(one.published_by or "System")),
                pm.Cell(cells.when(one.published_at, cells.zone_of(user))[0]),
                pm.Cell(str(len(one.table.get("rules", ())))),
            ),
        )
        for one in found
    )
    columns = (
        pm.Column("number", "Version", "end"),
        pm.Column("by", "Published by", wide=True),
        pm.Column("at", "When"),
        pm.Column("rules", "Rules", "end"),
    )
    return pm.Section("Versions", table=pm.Table(columns, rows, "Versions"))
