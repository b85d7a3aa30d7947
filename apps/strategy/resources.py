"""Objectives, key results, initiatives and scan items at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.strategy import events, forms, panels, services
from apps.strategy.models import Initiative, KeyResult, Objective, ScanItem
from apps.strategy.queries import share_of
from apps.work.forms import OnDemandForm


@register
class ObjectiveResource(Resource):
    model = Objective
    path = "objectives"
    label, plural, icon = "Objective", "Objectives", "flag"
    help = "What a company, a department or a person wants to reach, as a part of something larger."
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "Objective", sort="title"),
        Column("state", "State", "status", value=panels.objective_state, sort="state"),
        Column("level", "Of", value=lambda one: one.get_level_display(), sort="level"),
        Column("perspective", "Perspective", value=lambda one: one.get_perspective_display()),
        Column("department", "Department", sort="department__code"),
        Column("owner", "Owner"),
        Column("parent", "Part of"),
        Column("weight", "Share", "number"),
        Column("ends_on", "Until", "date", sort="ends_on"),
    )
    filters = ("state", "level", "perspective", "department", "owner", "parent", "ends_on")
    search = ("code", "title", "why")
    fields = (*forms.OBJECTIVE_FIELDS, "state")
    import_key = ("code",)
    tabs = (Tab("active", "Active", "state=active"), Tab("draft", "Drafts", "state=draft"))
    changed_fact = events.ObjectiveChanged
    panels = (
        Panel("results", panels.results_panel),
        Panel("parts", panels.parts_panel),
        Panel("initiatives", panels.initiatives_panel),
    )
    actions = (
        Action(
            name="set",
            label="New objective",
            verb="c",
            kind="create",
            run=services.set_objective,
            form=forms.ObjectiveForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_objective,
            form=forms.ObjectiveForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="activate",
            label="Activate",
            verb="u",
            run=services.activate_objective,
            icon="play",
            when=lambda one: one.archived_at is None and one.state == Objective.State.DRAFT,
            primary=True,
            done="Objective activated",
            help="Its weights sum to 100 % and stay so.",
        ),
        Action(
            name="reopen",
            label="Back to draft",
            verb="u",
            run=services.reopen_objective,
            icon="pencil-ruler",
            when=lambda one: one.archived_at is None and one.state != Objective.State.DRAFT,
            done="Objective is a draft again",
        ),
        Action(
            name="close",
            label="Close objective",
            verb="u",
            run=services.close_objective,
            icon="circle-check",
            when=lambda one: one.archived_at is None and one.state == Objective.State.ACTIVE,
            confirm="Its key results stop moving. Their last values stay.",
            done="Objective closed",
        ),
        *shelf("Objective", services.archive_objective, services.restore_objective),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.objective_state(record)


@register
class KeyResultResource(Resource):
    model = KeyResult
    path = "key-results"
    label, plural, icon = "Key result", "Key results", "key-round"
    help = "A number that proves an objective. Bound to a KPI it moves by itself, also downwards."
    columns = (
        Column("title", "Key result", sort="title"),
        Column("objective", "Objective"),
        Column("pace", "Pace", "status", value=panels.result_state),
        Column("progress", "Reached", value=lambda one: panels.percent(share_of(one))),
        Column("weight", "Weight", "number"),
        Column("start_value", "From", "number"),
        Column("current_value", "Now", "number"),
        Column("target_value", "To", "number"),
        Column("kpi", "KPI"),
    )
    filters = ("objective", "kpi", "department")
    search = ("title",)
    fields = ("objective", *forms.RESULT_FIELDS, "current_value")
    import_key = ("objective", "title")
    changed_fact = events.KeyResultChanged
    actions = (
        Action(
            name="set",
            label="New key result",
            verb="c",
            kind="create",
            run=services.set_key_result,
            form=forms.KeyResultForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_key_result,
            form=forms.ChangeKeyResultForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="report",
            label="Enter value",
            verb="u",
            run=services.report_value,
            icon="pencil-line",
            when=lambda one: one.archived_at is None and one.kpi_id is None,
            form=forms.ValueForm,
            primary=True,
            done="Value recorded",
        ),
        *shelf("Key result", services.archive_key_result, services.restore_key_result),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.result_state(record)


@register
class InitiativeResource(Resource):
    model = Initiative
    path = "initiatives"
    label, plural, icon = "Initiative", "Initiatives", "rocket"
    help = "Work that should move an objective, with an owner and a day."
    columns = (
        Column("title", "Initiative", sort="title"),
        Column("state", "State", "status", value=panels.initiative_state, sort="state"),
        Column("objective", "Objective"),
        Column("owner", "Owner"),
        Column("due_on", "Due", "date", sort="due_on"),
        Column("progress", "Per cent", "number", sort="progress"),
    )
    filters = ("state", "objective", "owner", "department", "due_on")
    search = ("title", "note")
    fields = ("objective", *forms.INITIATIVE_FIELDS)
    import_key = ("objective", "title")
    changed_fact = events.InitiativeChanged
    actions = (
        Action(
            name="add",
            label="New initiative",
            verb="c",
            kind="create",
            run=services.add_initiative,
            form=forms.InitiativeForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_initiative,
            form=forms.ChangeInitiativeForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Initiative", services.archive_initiative, services.restore_initiative),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.initiative_state(record)


@register
class ScanItemResource(Resource):
    model = ScanItem
    path = "scan-items"
    label, plural, icon = "Change around us", "Changes around us", "radar"
    nav = ("Money & results", 31)
    help = "What changes in demand, regulation, technology or supply, what it means for us, and what we do."
    columns = (
        Column("title", "What changes", sort="title"),
        Column("kind", "Kind", value=lambda one: one.get_kind_display(), sort="kind"),
        Column("state", "State", "status", value=panels.scan_state, sort="state"),
        Column("score", "Score", "number"),
        Column("impact", "Impact", "number", sort="impact"),
        Column("likelihood", "Likelihood", "number", sort="likelihood"),
        Column("expected_on", "Takes effect", "date", sort="expected_on"),
        Column("owner", "Owner"),
        Column("objective", "Touches"),
    )
    filters = ("kind", "state", "department", "owner", "objective", "expected_on")
    search = ("title", "meaning", "response", "source")
    fields = forms.SCAN_FIELDS
    import_key = ("title", "department", "seen_on")
    changed_fact = events.ScanItemChanged
    actions = (
        Action(
            name="note",
            label="New change",
            verb="c",
            kind="create",
            run=services.note_scan_item,
            form=forms.ScanItemForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_scan_item,
            form=forms.ScanItemForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="task",
            label="Open a task",
            verb="u",
            run=services.open_task,
            form=OnDemandForm,
            icon="list-plus",
            when=in_use,
            done="Task opened",
        ),
        *shelf("Change", services.archive_scan_item, services.restore_scan_item),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.scan_state(record)
