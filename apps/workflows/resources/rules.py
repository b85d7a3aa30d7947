"""Automation rules and their runs at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.workflows import forms_rules, panels_rules
from apps.workflows.events.rules import RuleChanged, RunChanged
from apps.workflows.models import Rule, Run
from apps.workflows.services import rules as services
from apps.workflows.services import runs


@register
class RuleResource(Resource):
    model = Rule
    path = "automation"
    label, plural, icon = "Automation rule", "Automation rules", "zap"
    nav = ("Settings", 30)
    help = "When something happens, if conditions hold, do these actions. A rule runs with the rights of who saved it last."
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Name", sort="name"),
        Column("state", "State", "status", value=panels_rules.rule_state, sort="state"),
        Column("when", "When", value=lambda one: panels_rules.trigger_words(one.definition)),
        Column("department", "Department"),
        Column("owner", "Runs as"),
        Column("last_run_at", "Last run", "date", sort="last_run_at"),
    )
    filters = ("state", "trigger", "department", "owner")
    search = ("code", "name", "description")
    fields = (
        "code",
        "name",
        "department",
        "description",
        "definition",
        *forms_rules.SETTINGS,
        "owner",
        "state",
        "number",
        "dry_run_number",
        "paused_reason",
        "paused_at",
        "missed_at",
        "next_due_at",
        "last_run_at",
    )
    import_key = ("code",)
    changed_fact = RuleChanged
    tabs = (Tab("on", "On", "state=on"), Tab("paused", "Paused", "state=paused"))
    panels = (
        Panel("rule", panels_rules.rule_panel),
        Panel("runs", panels_rules.runs_panel),
        Panel("dry_runs", panels_rules.dry_runs_panel),
    )
    actions = (
        Action(
            name="draft",
            label="New automation rule",
            verb="c",
            kind="create",
            run=services.draft_rule,
            form=forms_rules.RuleForm,
            icon="plus",
            automation=False,
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_rule,
            form=forms_rules.ChangeRuleForm,
            icon="pencil",
            automation=False,
            when=in_use,
        ),
        Action(
            name="switch-on",
            label="Switch on",
            verb="u",
            run=services.switch_on,
            form=forms_rules.SwitchOnForm,
            icon="play",
            automation=False,
            primary=True,
            when=lambda one: one.archived_at is None and one.state != Rule.State.ON,
            done="Rule switched on",
            undo="switch-off",
        ),
        Action(
            name="switch-off",
            label="Switch off",
            verb="u",
            run=services.switch_off,
            icon="circle-stop",
            when=lambda one: one.archived_at is None and one.state != Rule.State.OFF,
            bulk=True,
            done="Rule switched off",
        ),
        Action(
            name="dry-run",
            label="Dry run",
            verb="u",
            run=services.request_dry_run,
            form=forms_rules.DryRunForm,
            icon="flask-conical",
            automation=False,
            when=in_use,
            done="Dry run started; its result appears on this page",
        ),
        *shelf("Automation rule", services.archive_rule, services.restore_rule),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels_rules.rule_state(record)


def _over(run: Any) -> bool:
    return run.state not in {Run.State.WAITING, Run.State.RUNNING}


@register
class RunResource(Resource):
    model = Run
    path = "automation-runs"
    label, plural, icon = "Rule run", "Rule runs", "activity"
    nav = ("Settings", 32)
    help = "What rules did, step by step. Failed runs wait here until somebody replays them or puts them aside."
    columns = (
        Column("number", "Run", value=lambda one: f"R{one.pk}", sort="id"),
        Column("rule", "Rule", sort="rule__code"),
        Column("state", "State", "status", value=panels_rules.run_state, sort="state"),
        Column("about", "About"),
        Column("created_at", "Since", "date", sort="created_at"),
        Column("attempts", "Attempts", "number", sort="attempts"),
        Column("problem", "Problem"),
        Column("department", "Department"),
    )
    filters = ("state", "rule", "department", "created_at", "permanent")
    fields = (
        "rule",
        "state",
        "about",
        "position",
        "attempts",
        "problem",
        "permanent",
        "depth",
        "parent",
        "replay_of",
        "planned_at",
        "started_at",
        "finished_at",
        "department",
    )
    tabs = (
        Tab("dead", "Dead letters", "state=failed"),
        Tab("stopped", "Stopped by a guard", "state=stopped"),
        Tab("open", "Going on", "state=running"),
    )
    changed_fact = RunChanged
    panels = (Panel("steps", panels_rules.steps_panel), Panel("chain", panels_rules.chain_panel))
    actions = (
        Action(
            name="replay",
            label="Replay",
            verb="u",
            run=runs.replay_run,
            form=forms_rules.ReplayForm,
            icon="rotate-cw",
            primary=True,
            bulk=True,
            automation=False,
            when=_over,
            done="The run was started again",
        ),
        Action(
            name="dismiss",
            label="Put aside",
            verb="u",
            run=runs.dismiss_run,
            icon="archive",
            bulk=True,
            automation=False,
            when=lambda one: one.state in {Run.State.FAILED, Run.State.STOPPED},
            done="The run was put aside",
        ),
    )

    def number(self, record: Any) -> str:
        return f"R{record.pk}"

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels_rules.run_state(record)
