"""Reading batches at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Resource, register
from apps.kpis import forms, panels, services
from apps.kpis.importing import ReadingImporter
from apps.kpis.models import ReadingBatch


@register
class ReadingBatchResource(Resource):
    model = ReadingBatch
    path = "kpi-readings"
    label, plural, icon = "Reading", "KPI readings", "file-input"
    nav = ("Money & results", 12)
    help = "Measured values as they came: by form, file or API. A worker rolls each batch up once."
    columns = (
        Column("id", "Batch", sort="id"),
        Column("title", "What", value=lambda one: one.note or str(one)),
        Column("source", "Source", value=lambda one: one.get_source_display()),
        Column("rows", "Rows", "number", sort="rows"),
        Column("added", "New", "number"),
        Column("corrected", "Corrected", "number"),
        Column("unchanged", "The same", "number"),
        Column("department", "Department"),
        Column("sender", "Sent by"),
        Column("created_at", "Received", "date", sort="created_at"),
        Column("state", "State", "status", value=panels.batch_state),
    )
    filters = ("source", "department", "created_at")
    search = ("note",)
    fields = (
        "source",
        "note",
        "sender",
        "department",
        "rows",
        "added",
        "corrected",
        "unchanged",
        "first_at",
        "last_at",
        "rolled_up_at",
    )
    import_key = ("kpi", "department", "at")
    importer = ReadingImporter
    actions = (
        Action(
            name="record",
            label="Enter a value",
            verb="c",
            kind="create",
            run=services.record_reading,
            form=forms.ReadingForm,
            icon="plus",
            done="Value recorded",
        ),
        Action(
            name="undo",
            label="Take back",
            verb="c",
            run=services.undo_batch,
            icon="undo-2",
            danger=True,
            when=lambda one: one.archived_at is None and bool(one.added),
            confirm="The readings of this batch are removed and their periods computed anew.",
            done="Readings taken back",
        ),
    )

    def number(self, record: Any) -> str:
        return f"Batch {record.pk}"

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.batch_state(record)
