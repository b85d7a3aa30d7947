"""Approvals, and the policies that say who approves, at both doors."""

from __future__ import annotations

from functools import partial
from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.work import events, forms, panels, services
from apps.work.models import Approval, Policy, PolicyStep, Seat


def _pending(approval: Approval) -> bool:
    return approval.archived_at is None and approval.state == Approval.State.PENDING


@register
class ApprovalResource(Resource):
    model = Approval
    path = "approvals"
    label, plural, icon = "Approval", "Approvals", "stamp"
    nav = ("Operate", 21)
    help = "May this happen? Asked of the right people in the right order, never of the person who asks."
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "Approval", sort="title"),
        Column("state", "State", "status", value=panels.approval_state, sort="state"),
        Column("amount", "Amount", "number", sort="amount"),
        Column("currency", "Currency"),
        Column("requested_by", "Asked by"),
        Column("department", "Department", sort="department__code"),
        Column("created_at", "Asked", "date", sort="created_at"),
    )
    filters = ("state", "department", "requested_by", "policy", "about", "created_at")
    search = ("code", "title", "reason")
    fields = (*forms.APPROVAL_FIELDS, "state", "requested_by", "decided_at")
    tabs = (Tab("waiting", "Waiting", "state=pending"), Tab("approved", "Approved", "state=approved"))
    changed_fact = events.ApprovalDecided
    panels = (Panel("steps", panels.steps_panel), Panel("about", panels.about_panel))
    actions = (
        Action(
            name="ask",
            label="New approval",
            verb="c",
            kind="create",
            run=services.ask_approval,
            form=forms.AskForm,
            icon="plus",
            help="Whoever you name decides; else the policy; else whoever answers for the department.",
        ),
        Action(
            name="approve",
            label="Approve",
            verb="a",
            run=partial(services.answer_approval, answer=Seat.Answer.YES),
            form=forms.ApproveForm,
            icon="check",
            primary=True,
            bulk=True,
            automation=False,
            when=_pending,
            done="Approved",
        ),
        Action(
            name="reject",
            label="Reject",
            verb="a",
            run=partial(services.answer_approval, answer=Seat.Answer.NO),
            form=forms.RejectForm,
            icon="x",
            danger=True,
            automation=False,
            when=_pending,
            done="Rejected",
        ),
        Action(
            name="withdraw",
            label="Withdraw",
            verb="x",
            run=services.withdraw_approval,
            icon="undo-2",
            when=_pending,
            done="Approval withdrawn",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.approval_state(record)


@register
class PolicyResource(Resource):
    model = Policy
    path = "approval-policies"
    label, plural, icon = "Approval policy", "Approval policies", "scale"
    nav = ("Setup", 41)
    help = "Who must approve what, by amount. Holds for a department and those below it."
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Policy", sort="name"),
        Column("about", "Kind of record"),
        Column("department", "Department", sort="department__code"),
        Column("currency", "Currency"),
    )
    filters = ("department", "about")
    search = ("code", "name")
    fields = forms.POLICY_FIELDS
    import_key = ("code",)
    changed_fact = events.PolicyChanged
    panels = (Panel("steps", panels.policy_panel),)
    actions = (
        Action(
            name="set",
            label="New approval policy",
            verb="c",
            kind="create",
            run=services.set_policy,
            form=forms.PolicyForm,
            icon="plus",
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
        ),
        *shelf("Approval policy", services.archive_policy, services.restore_policy),
    )


@register
class PolicyStepResource(Resource):
    model = PolicyStep
    path = "approval-policy-steps"
    label, plural, icon = "Approval step", "Approval steps", "list-ordered"
    help = "One step of a policy, for amounts in a band. Steps of equal number are asked at the same time."
    columns = (
        Column("code", "No.", sort="code"),
        Column("policy", "Policy"),
        Column("position", "Step", "number", sort="position"),
        Column("band", "Amount", value=panels.band),
        Column("kind", "Approver", value=lambda one: one.get_kind_display()),
        Column("person", "Person"),
        Column("role", "Role", value=lambda one: one.get_role_display()),
        Column("need", "How many", "number"),
    )
    filters = ("policy", "kind", "role")
    search = ()
    fields = ("code", "policy", *forms.STEP_FIELDS)
    changed_fact = events.PolicyStepChanged
    import_key = ("code",)
    actions = (
        Action(
            name="add",
            label="New approval step",
            verb="c",
            kind="create",
            run=services.add_policy_step,
            form=forms.PolicyStepForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_policy_step,
            form=forms.ChangePolicyStepForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Approval step", services.archive_policy_step, services.restore_policy_step),
    )
