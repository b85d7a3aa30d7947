"""Watches, alerts and new process limits at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.kpis import events, forms, panels, panels_watch, services
from apps.kpis.models import Alert, Rebaseline, Watch
from apps.work.forms import OnDemandForm


def is_open(alert: Any) -> bool:
    return bool(alert.state != Alert.State.CLOSED)


@register
class AlertResource(Resource):
    model = Alert
    path = "kpi-alerts"
    label, plural, icon = "KPI alert", "KPI alerts", "bell-ring"
    nav = ("Money & results", 13)
    help = "What watches found. An alert closes by itself when the value comes back, or by hand with a reason."
    columns = (
        Column("number", "Alert", value=lambda one: f"A{one.pk}", sort="id"),
        Column("message", "What was found"),
        Column("state", "State", "status", value=panels.alert_state, sort="state"),
        Column("kpi", "KPI", sort="kpi__code"),
        Column("department", "Department"),
        Column("owner", "For"),
        Column("periods", "Periods", "number", sort="periods"),
        Column("created_at", "Since", "date", sort="created_at"),
    )
    filters = ("state", "kpi", "department", "owner", "created_at")
    search = ("message",)
    fields = (
        "message",
        "kpi",
        "watch",
        "department",
        "owner",
        "state",
        "value",
        "period_key",
        "last_period_key",
        "periods",
        "snoozed_until",
        "acknowledged_by",
        "acknowledged_at",
        "escalated_at",
        "closed_at",
        "note",
    )
    tabs = (Tab("open", "Open", "state=open"), Tab("snoozed", "Snoozed", "state=snoozed"))
    changed_fact = events.AlertChanged
    panels = (Panel("chart", panels.alert_panel),)
    actions = (
        Action(
            name="acknowledge",
            label="Acknowledge",
            verb="u",
            run=services.acknowledge_alert,
            form=forms.AcknowledgeForm,
            icon="check",
            primary=True,
            bulk=True,
            when=lambda one: one.state in {Alert.State.OPEN, Alert.State.SNOOZED},
            done="Alert acknowledged",
        ),
        Action(
            name="snooze",
            label="Snooze",
            verb="u",
            run=services.snooze_alert,
            form=forms.SnoozeForm,
            icon="alarm-clock",
            bulk=True,
            when=is_open,
            done="Alert snoozed",
        ),
        Action(
            name="task",
            label="Open a task",
            verb="u",
            run=services.open_task,
            form=OnDemandForm,
            icon="list-plus",
            when=is_open,
            done="Task opened",
        ),
        Action(
            name="close",
            label="Close alert",
            verb="u",
            run=services.close_alert,
            form=forms.CloseAlertForm,
            icon="circle-check",
            bulk=True,
            when=is_open,
            done="Alert closed",
        ),
    )

    def number(self, record: Any) -> str:
        return f"A{record.pk}"

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.alert_state(record)


@register
class WatchResource(Resource):
    model = Watch
    path = "kpi-watches"
    label, plural, icon = "KPI watch", "KPI watches", "eye"
    nav = ("Money & results", 14)
    help = "What to look for in a KPI, when to alert, when it is over, and who hears of it."
    columns = (
        Column("number", "Watch", value=lambda one: f"W{one.pk}", sort="id"),
        Column("kpi", "KPI", sort="kpi__code"),
        Column("kind", "Look for", value=lambda one: one.get_kind_display(), sort="kind"),
        Column("grain", "Period", value=lambda one: one.get_grain_display()),
        Column("department", "Department"),
        Column("notify", "Tell", value=lambda one: one.notify or "KPI owner"),
        Column("escalate_to", "Then"),
    )
    filters = ("kpi", "kind", "grain", "department")
    search = ("kpi__code", "kpi__name")
    fields = ("kpi", "department", *forms.WATCH_FIELDS)
    import_key = ("kpi", "department", "kind", "grain", "side")
    changed_fact = events.WatchChanged
    panels = (Panel("trial", panels_watch.trial_panel),)
    actions = (
        Action(
            name="set",
            label="New watch",
            verb="c",
            kind="create",
            run=services.set_watch,
            form=forms.WatchForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_watch,
            form=forms.ChangeWatchForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="stop",
            label="Stop watching",
            verb="u",
            run=services.stop_watch,
            icon="eye-off",
            bulk=True,
            when=in_use,
            confirm="Nothing more is looked for and an open alert closes.",
            done="Watch stopped",
            undo="resume",
        ),
        Action(
            name="resume",
            label="Watch again",
            verb="u",
            run=services.resume_watch,
            icon="eye",
            bulk=True,
            when=lambda one: one.archived_at is not None,
            done="Watch resumed",
        ),
    )

    def number(self, record: Any) -> str:
        return f"W{record.pk}"


@register
class RebaselineResource(Resource):
    model = Rebaseline
    path = "kpi-rebaselines"
    label, plural, icon = "start of process limits", "Starts of process limits", "between-vertical-start"
    help = "Deliberate changes of a process, from which its limits are computed anew."
    columns = (
        Column("number", "Start", value=lambda one: f"L{one.pk}", sort="id"),
        Column("kpi", "KPI", sort="kpi__code"),
        Column("starts_on", "From", "date", sort="starts_on"),
        Column("reason", "What was changed"),
        Column("department", "Department"),
    )
    filters = ("kpi", "department", "starts_on")
    search = ("reason", "kpi__code")
    fields = ("kpi", "department", "starts_on", "reason")
    import_key = ("kpi", "department", "starts_on")
    changed_fact = events.RebaselineChanged
    actions = (
        Action(
            name="set",
            label="New start of limits",
            verb="c",
            kind="create",
            run=services.rebaseline,
            form=forms.RebaselineForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_rebaseline,
            form=forms.ChangeRebaselineForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="drop",
            label="Take back",
            verb="u",
            run=services.drop_rebaseline,
            icon="undo-2",
            when=in_use,
            confirm="The limits run through again.",
            done="Start of limits taken back",
            undo="restore",
        ),
        Action(
            name="restore",
            label="Set again",
            verb="u",
            run=services.take_back_drop,
            icon="redo-2",
            when=lambda one: one.archived_at is not None,
            done="Start of limits set again",
        ),
    )

    def number(self, record: Any) -> str:
        return f"L{record.pk}"
