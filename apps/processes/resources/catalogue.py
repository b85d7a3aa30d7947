"""Processes and practices at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.processes import events, forms, panels, services
from apps.processes.models import Practice, Process


@register
class ProcessResource(Resource):
    model = Process
    path = "processes"
    label, plural, icon = "Process", "Processes", "workflow"
    nav = ("Operate", 10)
    help = "What the company does again and again, who answers for it, and its SIPOC."
    columns = (
        Column("code", "No.", sort="code"),
        Column("name", "Process", sort="name"),
        Column("state", "State", "status", value=panels.process_state, sort="state"),
        Column("level", "Level", value=lambda one: one.get_level_display(), sort="level"),
        Column("department", "Department", sort="department__code"),
        Column("owner", "Owner"),
        Column("parent", "Part of"),
    )
    filters = ("state", "level", "department", "owner", "parent")
    search = ("code", "name", "purpose")
    fields = forms.PROCESS_FIELDS
    import_key = ("code",)
    tabs = (Tab("active", "In use", "state=active"), Tab("draft", "Drafts", "state=draft"))
    changed_fact = events.ProcessChanged
    panels = (
        Panel("sipoc", panels.sipoc_panel),
        Panel("documents", panels.process_documents),
        Panel("parts", panels.process_parts),
    )
    actions = (
        Action(
            name="set",
            label="New process",
            verb="c",
            kind="create",
            run=services.set_process,
            form=forms.ProcessForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_process,
            form=forms.ProcessForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Process", services.archive_process, services.restore_process),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.process_state(record)


@register
class PracticeResource(Resource):
    model = Practice
    path = "practices"
    label, plural, icon = "Good practice", "Good practices", "lightbulb"
    nav = ("Operate", 14)
    help = "What worked somewhere, written so that others can take it over."
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "Practice", sort="title"),
        Column("state", "State", "status", value=panels.practice_state, sort="state"),
        Column("department", "Department", sort="department__code"),
        Column("process", "Process"),
        Column("author", "Author"),
        Column("tags", "Words"),
    )
    filters = ("state", "department", "process", "author")
    search = ("code", "title", "problem", "way", "result", "tags")
    fields = (*forms.PRACTICE_FIELDS, "state")
    import_key = ("code",)
    changed_fact = events.PracticeChanged
    panels = (Panel("adoptions", panels.adoptions_panel),)
    actions = (
        Action(
            name="propose",
            label="New good practice",
            verb="c",
            kind="create",
            run=services.propose_practice,
            form=forms.PracticeForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_practice,
            form=forms.PracticeForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="accept",
            label="Accept into the library",
            verb="a",
            run=services.accept_practice,
            icon="check",
            primary=True,
            when=lambda one: one.archived_at is None and one.state == Practice.State.PROPOSED,
            done="Practice accepted",
        ),
        Action(
            name="adopt",
            label="Take it over",
            verb="c",
            run=services.adopt_practice,
            form=forms.AdoptForm,
            icon="copy-check",
            when=lambda one: one.archived_at is None and one.state == Practice.State.ACCEPTED,
            done="Practice taken over",
        ),
        Action(
            name="retire",
            label="Retire",
            verb="a",
            run=services.retire_practice,
            icon="archive",
            when=lambda one: one.archived_at is None and one.state == Practice.State.ACCEPTED,
            done="Practice retired",
        ),
        *shelf("Practice", services.archive_practice, services.restore_practice),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.practice_state(record)
