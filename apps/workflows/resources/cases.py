"""Cases at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.workflows import forms_cases, panels_cases
from apps.workflows.events.cases import CaseChanged
from apps.workflows.models import Case
from apps.workflows.services import cases as services
from apps.workflows.services import migrating


def runs(case: Any) -> bool:
    return bool(case.is_running)


@register
class CaseResource(Resource):
    model = Case
    path = "cases"
    label, plural, icon = "Case", "Cases", "play"
    nav = ("Operate", 23)
    help = "Workflows that run or ran: where each stands, what it waits for, and what needs help."
    columns = (
        Column("code", "No.", sort="id"),
        Column("title", "Case", sort="title"),
        Column("state", "State", "status", value=panels_cases.case_state, sort="state"),
        Column("workflow", "Workflow"),
        Column("business_key", "For", sort="business_key"),
        Column("department", "Department"),
        Column("responsible", "Responsible"),
        Column("started_at", "Started", "date", sort="started_at"),
        Column("finished_at", "Ended", "date", sort="finished_at"),
    )
    filters = ("state", "workflow", "department", "responsible", "started_at")
    search = ("code", "title", "business_key")
    fields = (
        "code", "title", "state", "outcome", "stuck", "workflow", "revision", "department", "business_key", "about",
        "responsible", "starter", "started_at", "finished_at",
    )  # fmt: skip
    tabs = (Tab("running", "Running", "state=running"), Tab("finished", "Finished", "state=finished"))
    changed_fact = CaseChanged
    panels = (
        Panel("diagram", panels_cases.case_diagram_panel),
        Panel("steps", panels_cases.case_steps_panel),
        Panel("values", panels_cases.values_panel),
        Panel("waits", panels_cases.waits_panel),
        Panel("called", panels_cases.called_panel),
    )
    actions = (
        Action(
            name="start",
            label="Start case",
            verb="c",
            kind="create",
            run=services.start_case,
            form=forms_cases.StartForm,
            icon="play",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_case,
            form=forms_cases.ChangeCaseForm,
            icon="pencil",
            when=runs,
        ),
        Action(
            name="retry",
            label="Try again",
            verb="u",
            run=services.retry_step,
            form=forms_cases.RetryForm,
            icon="rotate-cw",
            primary=True,
            when=lambda case: case.is_running and case.stuck > 0,
            done="The case goes on",
            help="Put right what the step says, then let it try again.",
        ),
        Action(
            name="set-values",
            label="Correct values",
            verb="u",
            run=services.set_values,
            form=forms_cases.ValuesForm,
            icon="pencil-line",
            when=runs,
            done="Values corrected",
        ),
        Action(
            name="message",
            label="Send message",
            verb="u",
            run=services.tell_case,
            form=forms_cases.MessageForm,
            icon="mail",
            when=runs,
            done="Message sent",
        ),
        Action(
            name="take-back-version",
            label="Back to the former version",
            verb="u",
            run=migrating.take_back_migration,
            icon="undo-2",
            when=lambda case: case.is_running and case.migrated_moves is not None and case.migrated_moves == case.moves,
            confirm="The case runs with the version it came from.",
            done="Case is back on its former version",
        ),
        Action(
            name="cancel",
            label="Cancel case",
            verb="x",
            run=services.cancel_case,
            form=forms_cases.CancelForm,
            icon="circle-x",
            danger=True,
            when=runs,
            done="Case cancelled",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels_cases.case_state(record)
