"""Escalation policies, their steps and what is on its way up, at both doors."""

from __future__ import annotations

from typing import Any

from apps.comms import events, forms, services
from apps.comms.models import Escalation, EscalationPolicy, EscalationStep
from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, of_subject, register
from apps.core.web import cells
from apps.core.web import pagemodel as pm

STATES: dict[str, tuple[pm.Tone, str]] = {
    "running": ("warn", "Running"),
    "seen": ("good", "Somebody has it"),
    "over": ("idle", "Over"),
}


def steps_panel(policy: EscalationPolicy, user: Any) -> pm.Section:
    rows = EscalationStep.objects.visible_to(user).filter(policy=policy, archived_at__isnull=True)
    table = pm.Table(
        (
            pm.Column("n", "Step"),
            pm.Column("after", "After working minutes", "end"),
            pm.Column("who", "Tells", wide=True),
        ),
        tuple(
            pm.Row(
                str(one.pk),
                cells=(
                    pm.Cell(str(one.position), "link", url=f"/escalation-steps/{one.pk}/"),
                    pm.Cell(str(one.after_minutes), "number"),
                    pm.Cell(told_by(one)),
                ),
            )
            for one in rows.select_related("person", "team").order_by("position")
        ),
        "Steps",
        "No step yet: only the owner is told. Add steps under Escalation steps.",
    )
    return pm.Section("Steps", table=table)


def told_by(step: EscalationStep) -> str:
    named = {"person": str(step.person or ""), "role": step.get_role_display(), "team": str(step.team or "")}
    return named.get(step.kind) or str(step.get_kind_display())


def record_panel(row: Escalation, user: Any) -> pm.Section | None:
    found = of_subject(row.about)
    if found is None or not found[0].may(user, "r"):
        return None
    record = found[0].rows(user).filter(pk=found[1]).first()
    if record is None:
        return None
    link = pm.Connection(found[0].title(record), found[0].url(record), found[0].icon)
    return pm.Section(
        "What it is about",
        links=(link,),
        facts=(pm.Fact("Told so far", cells.plain_cell(len(row.told), cells.zone_of(user))),),
    )


@register
class EscalationPolicyResource(Resource):
    model = EscalationPolicy
    path = "escalation-policies"
    label, plural, icon = "Escalation policy", "Escalation policies", "chevrons-up"
    nav = ("Setup", 60)
    help = "Who is told next when something waits too long, in working time, until somebody has it."
    columns = (
        Column("name", "Policy", sort="name"),
        Column("department", "Department", sort="department__code"),
        Column("starts_with", "Starts with"),
        Column("ends_with", "Ends with"),
        Column("owner", "Owner"),
    )
    filters = ("department", "owner")
    search = ("name", "starts_with")
    fields = forms.POLICY_FIELDS
    changed_fact = events.PolicyChanged
    panels = (Panel("steps", steps_panel),)
    actions = (
        Action(
            name="set",
            label="New escalation policy",
            verb="c",
            kind="create",
            run=services.set_policy,
            form=forms.PolicyForm,
            icon="plus",
            automation=False,
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_policy,
            form=forms.PolicyForm,
            icon="pencil",
            when=in_use,
            automation=False,
        ),
        *shelf("Escalation policy", services.archive_policy, services.restore_policy),
    )


@register
class EscalationStepResource(Resource):
    model = EscalationStep
    path = "escalation-steps"
    label, plural, icon = "Escalation step", "Escalation steps", "list-ordered"
    nav = ("Setup", 61)
    help = "One step of a policy. A step with nobody left who may read the record is passed over."
    columns = (
        Column("policy", "Policy"),
        Column("position", "Step", "number", sort="position"),
        Column("after_minutes", "After working minutes", "number"),
        Column("who", "Tells", value=told_by),
    )
    filters = ("policy", "kind")
    search = ("policy__name",)
    fields = ("policy", *forms.STEP_FIELDS)
    changed_fact = events.StepChanged
    actions = (
        Action(
            name="set",
            label="New escalation step",
            verb="c",
            kind="create",
            run=services.set_step,
            form=forms.StepForm,
            icon="plus",
            automation=False,
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_step,
            form=forms.ChangeStepForm,
            icon="pencil",
            when=in_use,
            automation=False,
        ),
        *shelf("Escalation step", services.archive_step, services.restore_step),
    )


@register
class EscalationResource(Resource):
    model = Escalation
    path = "escalations"
    label, plural, icon = "Escalation", "Escalations", "siren"
    nav = ("Operate", 27)
    help = "What waits too long and is on its way up. Whoever takes it stops it."
    columns = (
        Column("why", "What"),
        Column("state", "State", "status", value=lambda one: STATES[one.state], sort="state"),
        Column("about", "Record"),
        Column("policy", "Policy"),
        Column("reached", "Step", "number"),
        Column("next_at", "Next step", "date", sort="next_at"),
        Column("seen_by", "Who has it"),
    )
    filters = ("state", "policy", "department")
    search = ("why", "about")
    fields = ("policy", "about", "why", "department", "state", "reached", "next_at", "seen_by", "seen_at")
    tabs = (Tab("running", "Running", "state=running"),)
    panels = (Panel("record", record_panel),)
    actions = (
        Action(
            name="start",
            label="Escalate",
            verb="c",
            kind="create",
            run=services.escalate,
            form=forms.EscalateForm,
            icon="chevrons-up",
        ),
        Action(
            name="take",
            label="I have it",
            verb="r",
            run=services.take_escalation,
            icon="hand",
            when=lambda one: one.state == Escalation.State.RUNNING,
            primary=True,
            done="It is yours; nobody else is told",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return STATES[record.state]
