"""Recurring tasks at both doors."""

from __future__ import annotations

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Resource, register
from apps.work import events, forms, services
from apps.work.models import Series


@register
class SeriesResource(Resource):
    model = Series
    path = "recurring-tasks"
    label, plural, icon = "Recurring task", "Recurring tasks", "repeat"
    nav = ("Setup", 40)
    help = "Opens a task at each time of its rule, exactly once, on the wall clock of the site."
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "Task", sort="title"),
        Column("rrule", "Repeats"),
        Column("next_at", "Next", "date", sort="next_at"),
        Column("assignee", "Assignee"),
        Column("role", "Or anyone who is", value=lambda one: one.get_role_display()),
        Column("department", "Department", sort="department__code"),
    )
    filters = ("department", "assignee", "role", "priority", "next_at")
    search = ("code", "title", "description")
    fields = ("code", *forms.SERIES_FIELDS, "checklist", "form", "next_at")
    import_key = ("code",)
    changed_fact = events.SeriesChanged
    actions = (
        Action(
            name="set",
            label="New recurring task",
            verb="c",
            kind="create",
            run=services.set_series,
            form=forms.SeriesForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_series,
            form=forms.SeriesForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="open_now",
            label="Open a task now",
            verb="u",
            run=services.open_now,
            icon="plus",
            when=in_use,
            done="Task opened",
            help="Out of turn. The times of the rule stay as they are.",
        ),
        *shelf("Recurring task", services.archive_series, services.restore_series),
    )
