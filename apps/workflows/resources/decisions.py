"""Decision tables at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, register
from apps.workflows import forms_decisions, panels_decisions
from apps.workflows.events.decisions import DecisionChanged
from apps.workflows.models import Decision
from apps.workflows.services import decisions as services


@register
class DecisionResource(Resource):
    model = Decision
    path = "decisions"
    label, plural, icon = "Decision table", "Decision tables", "table-2"
    nav = ("Settings", 31)
    help = (
        "Tables that answer a question from values: who approves, how urgent, which way. Processes and rules ask them."
    )
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Name", sort="name"),
        Column("rules", "Rules", "number", value=lambda one: len(one.table.get("rules", ()))),
        Column("policy", "Hit policy", value=lambda one: one.table.get("policy", "")),
        Column("published_number", "Published version", "number", sort="published_number"),
        Column("department", "Department"),
        Column("owner", "Owner"),
    )
    filters = ("department", "owner")
    search = ("code", "name", "description")
    fields = ("code", "name", "department", "owner", "description", "published_number", "table", "cases")
    import_key = ("code",)
    file_pages = (("DMN file", "decision_import"),)
    changed_fact = DecisionChanged
    panels = (
        Panel("table", panels_decisions.table_panel),
        Panel("check", panels_decisions.check_panel),
        Panel("cases", panels_decisions.cases_panel),
        Panel("versions", panels_decisions.versions_panel),
    )
    actions = (
        Action(
            name="draft",
            label="New decision table",
            verb="c",
            kind="create",
            run=services.draft_decision,
            form=forms_decisions.DecisionForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_decision,
            form=forms_decisions.ChangeDecisionForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="publish",
            label="Publish",
            verb="u",
            run=services.publish_decision,
            icon="check",
            primary=True,
            automation=False,
            when=in_use,
            confirm="The table decides from now on as its draft says.",
            done="Decision table published",
        ),
        Action(
            name="take-back",
            label="Take back an earlier version",
            verb="u",
            run=services.take_back_version,
            form=forms_decisions.TakeBackForm,
            icon="history",
            automation=False,
            when=lambda one: one.archived_at is None and bool(one.published_number),
            done="The earlier version is the draft",
        ),
        *shelf("Decision table", services.archive_decision, services.restore_decision),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or (("good", "Published") if record.published_number else ("hold", "Draft"))
