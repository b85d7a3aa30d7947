"""KPIs and their targets at both doors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use
from apps.core.resources.resource import Column, Panel, Resource, register
from apps.kpis import events, forms, panels, queries, services
from apps.kpis.models import Definition, Target


@register
class KpiResource(Resource):
    model = Definition
    path = "kpis"
    label, plural, icon = "KPI", "KPIs & goals", "gauge"
    nav = ("Money & results", 10)
    help = "What is measured, how it adds up over time and departments, and which way is better."
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Name", sort="name"),
        Column("latest", "Latest", "number", value=panels.latest_text),
        Column("status", "Status", "status", value=panels.latest_status),
        Column("rule", "Roll-up rule", value=lambda one: one.get_rule_display(), sort="rule"),
        Column("direction", "Direction", value=lambda one: one.get_direction_display()),
        Column("grain", "Period", value=lambda one: one.get_grain_display()),
        Column("department", "Owned by", sort="department__code"),
        Column("owner", "Owner"),
    )

    def dress(self, records: Sequence[Any], actor: Any) -> None:
        shown = queries.standings(records, user=actor, grain="hour", points=1) if records else []
        for record, standing in zip(records, shown, strict=True):
            record.standing = standing

    filters = ("origin", "rule", "direction", "grain", "department", "on_overview")
    search = ("code", "name", "description")
    fields = forms.DEFINITION_FIELDS
    order = "code"
    import_key = ("code",)
    changed_fact = events.KpiChanged
    panels = (
        Panel("values", panels.values_panel),
        Panel("targets", panels.targets_panel),
        Panel("watches", panels.watches_panel),
        Panel("versions", panels.versions_panel),
    )
    actions = (
        Action(
            name="define",
            label="New KPI",
            verb="c",
            kind="create",
            run=services.define_kpi,
            form=forms.DefinitionForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_kpi,
            form=forms.ChangeDefinitionForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="restate",
            label="Restate older periods",
            verb="a",
            run=services.restate_kpi,
            form=forms.RestateForm,
            icon="history",
            danger=True,
            when=lambda one: one.archived_at is None and one.dated,
            help="Older periods are computed with the present version from the day you give. Issued reports stay.",
            done="KPI restated",
        ),
        Action(
            name="archive",
            label="Archive KPI",
            verb="x",
            run=services.archive_kpi,
            icon="archive",
            danger=True,
            bulk=True,
            when=in_use,
            confirm="It takes no more readings and leaves dashboards. Its history stays.",
            done="KPI archived",
            undo="restore",
        ),
        Action(
            name="restore",
            label="Restore KPI",
            verb="x",
            run=services.restore_kpi,
            icon="archive-restore",
            bulk=True,
            when=lambda one: one.archived_at is not None,
            done="KPI restored",
        ),
    )


@register
class TargetResource(Resource):
    model = Target
    path = "kpi-targets"
    label, plural, icon = "KPI target", "KPI targets", "target"
    nav = ("Money & results", 11)
    help = "What a KPI should reach from a date on. A value on a limit belongs to the better side."
    columns = (
        Column("name", "Target", value=str),
        Column("kpi", "KPI", sort="kpi__code"),
        Column("department", "Department"),
        Column("valid_from", "From", "date", sort="valid_from"),
        Column("valid_until", "Until", "date"),
        Column("target", "On target", "number"),
        Column("amber", "At risk to", "number"),
    )
    filters = ("kpi", "department", "valid_from")
    search = ("kpi__code", "kpi__name")
    fields = ("kpi", "department", "per", "valid_from", "valid_until", *forms.TARGET_LIMITS)
    import_key = ("kpi", "department", "per", "valid_from")
    changed_fact = events.TargetChanged
    actions = (
        Action(
            name="set",
            label="New target",
            verb="c",
            kind="create",
            run=services.set_target,
            form=forms.TargetForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_target,
            form=forms.ChangeTargetForm,
            icon="pencil",
        ),
    )

    def number(self, record: Any) -> str:
        return f"{record.kpi.code} {record.valid_from}"
