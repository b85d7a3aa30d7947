"""Workflows at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, register
from apps.workflows import forms_cases, panels_cases
from apps.workflows.events.definitions import WorkflowChanged
from apps.workflows.models import Workflow
from apps.workflows.services import definitions as services
from apps.workflows.services import migrating


def is_published(one: Any) -> bool:
    return one.archived_at is None and one.published_number is not None


@register
class WorkflowResource(Resource):
    model = Workflow
    path = "workflows"
    label, plural, icon = "Workflow", "Workflows", "workflow"
    nav = ("Settings", 30)
    help = (
        "Ways of working as BPMN diagrams that run: who does what, in which order, and what happens when time passes."
    )
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Name", sort="name"),
        Column("published_number", "Published version", "number", sort="published_number"),
        Column("department", "Department"),
        Column("owner", "Owner"),
    )
    filters = ("department", "owner")
    search = ("code", "name", "purpose")
    fields = ("code", "name", "purpose", "department", "owner", "published_number", "xml")
    import_key = ("code",)
    file_pages = (("BPMN diagram", "workflow_import"), ("Event log", "log_import"))
    changed_fact = WorkflowChanged
    panels = (
        Panel("diagram", panels_cases.diagram_panel),
        Panel("check", panels_cases.check_panel),
        Panel("steps", panels_cases.steps_panel),
        Panel("versions", panels_cases.versions_panel),
        Panel("migration", panels_cases.migration_panel),
    )
    actions = (
        Action(
            name="draft",
            label="New workflow",
            verb="c",
            kind="create",
            run=services.draft_workflow,
            form=forms_cases.WorkflowForm,
            icon="plus",
            automation=False,
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_workflow,
            form=forms_cases.ChangeWorkflowForm,
            icon="pencil",
            when=in_use,
            automation=False,
        ),
        Action(
            name="publish",
            label="Publish",
            verb="u",
            run=services.publish_workflow,
            form=forms_cases.PublishForm,
            icon="check",
            primary=True,
            automation=False,
            when=in_use,
            done="Workflow published",
            help="New cases begin with the diagram as it is now. Running cases keep their version.",
        ),
        Action(
            name="draw",
            label="Replace diagram",
            verb="u",
            run=services.draw_workflow,
            form=forms_cases.DrawForm,
            icon="file-up",
            automation=False,
            when=in_use,
            done="Diagram replaced in the draft",
        ),
        Action(
            name="take-back",
            label="Take back an earlier version",
            verb="u",
            run=services.take_back_version,
            form=forms_cases.TakeBackForm,
            icon="history",
            automation=False,
            when=is_published,
            done="The earlier version is the draft",
        ),
        Action(
            name="migrate",
            label="Move running cases",
            verb="u",
            run=migrating.ask_migration,
            form=forms_cases.MigrateForm,
            icon="git-branch",
            automation=False,
            when=is_published,
            done="Running cases are being moved",
            help="The list below says for each case whether it can go on with the version, and why not.",
        ),
        Action(
            name="withdraw",
            label="Withdraw",
            verb="u",
            run=services.withdraw_workflow,
            icon="ban",
            automation=False,
            when=is_published,
            confirm="No new case begins. Running cases go on.",
            done="Workflow withdrawn",
        ),
        *shelf("Workflow", services.archive_workflow, services.restore_workflow),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or (("good", "Published") if record.published_number else ("hold", "Draft"))
