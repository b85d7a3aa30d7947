"""Tasks at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.work import events, forms, panels, services
from apps.work.models import Task

State = Task.State


def _open(task: Task) -> bool:
    return task.archived_at is None and task.is_open


def _running(task: Task) -> bool:
    return _open(task) and task.state != State.HELD


@register
class TaskResource(Resource):
    model = Task
    path = "tasks"
    label, plural, icon = "Task", "Tasks", "square-check"
    nav = ("Operate", 20)
    help = "One inbox for everybody: what to do, for whom, until when, and what was answered."
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "Task", sort="title"),
        Column("state", "State", "status", value=panels.task_state, sort="state"),
        Column("priority", "Priority", value=lambda one: one.get_priority_display(), sort="priority"),
        Column("due_at", "Due", "date", sort="due_at"),
        Column("assignee", "Assignee"),
        Column("role", "Or anyone who is", value=lambda one: one.get_role_display()),
        Column("department", "Department", sort="department__code"),
    )
    filters = ("state", "priority", "assignee", "role", "team", "department", "due_at", "about")
    search = ("code", "title", "description")
    fields = (
        "code",
        *forms.TASK_FIELDS,
        "checklist",
        "form",
        "state",
        "hold_reason",
        "opened_by",
        "started_at",
        "breaches_at",
        "breached_at",
        "done_at",
        "done_by",
        "done_for",
    )
    import_key = ("code",)
    order = "-id"
    tabs = (
        Tab("todo", "To do", "state=open"),
        Tab("started", "In progress", "state=started"),
        Tab("held", "On hold", "state=held"),
        Tab("done", "Done", "state=done"),
    )
    changed_fact = events.TaskChanged
    panels = (Panel("what", panels.task_panel), Panel("about", panels.about_panel))
    actions = (
        Action(
            name="open",
            label="New task",
            verb="c",
            kind="create",
            run=services.open_task,
            form=forms.TaskForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_task,
            form=forms.TaskForm,
            icon="pencil",
            when=_open,
        ),
        Action(
            name="complete",
            label="Complete task",
            verb="u",
            run=services.complete_task,
            form=forms.CompleteForm,
            icon="circle-check",
            primary=True,
            when=_running,
            done="Task done",
        ),
        Action(
            name="claim",
            label="Take it",
            verb="u",
            run=services.claim_task,
            icon="hand",
            bulk=True,
            when=lambda one: _open(one) and one.assignee_id is None,
            done="Task is yours",
            undo="release",
        ),
        Action(
            name="start",
            label="Start",
            verb="u",
            run=services.start_task,
            icon="play",
            when=lambda one: _open(one) and one.state == State.WAITING,
            done="Task started",
        ),
        Action(
            name="release",
            label="Give it back",
            verb="u",
            run=services.release_task,
            icon="undo-2",
            when=lambda one: _open(one) and one.assignee_id is not None and bool(one.role or one.team_id),
        ),
        Action(
            name="assign",
            label="Assign",
            verb="a",
            run=services.assign_task,
            form=forms.AssignForm,
            icon="user-check",
            bulk=True,
            when=_open,
            done="Task assigned",
        ),
        Action(
            name="hold",
            label="Put on hold",
            verb="u",
            run=services.hold_task,
            form=forms.ReasonForm,
            icon="circle-pause",
            when=_running,
            done="Task is on hold",
            undo="resume",
        ),
        Action(
            name="resume",
            label="Go on",
            verb="u",
            run=services.resume_task,
            icon="play",
            when=lambda one: one.archived_at is None and one.state == State.HELD,
            done="Task goes on",
        ),
        Action(
            name="tick",
            label="Tick a point",
            verb="u",
            run=services.tick_point,
            form=forms.TickForm,
            icon="list-checks",
            when=lambda one: _open(one) and bool(one.checklist),
        ),
        Action(
            name="cancel",
            label="Cancel task",
            verb="x",
            run=services.cancel_task,
            form=forms.ReasonForm,
            icon="circle-x",
            danger=True,
            bulk=True,
            when=_open,
            done="Task cancelled",
            undo="reopen",
        ),
        Action(
            name="reopen",
            label="Open again",
            verb="u",
            run=services.reopen_task,
            icon="rotate-ccw",
            when=lambda one: one.archived_at is None and not one.is_open,
            done="Task is to do again",
        ),
        *shelf("Task", services.archive_task, services.restore_task),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.task_state(record)
