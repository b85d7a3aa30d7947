"""The card of a record's files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse

from apps.core.access.rights import rights_of
from apps.core.models import Noun
from apps.core.records.attaching import attachments_of
from apps.core.resources.resource import Resource
from apps.core.values import format_number
from apps.core.web import pagemodel as pm


class FileForm(forms.Form):
    """One file to put beside a record."""

    file = forms.FileField(help_text="Picture, PDF, CSV, XLSX, DOCX or text, at most 10 MB")


def may_attach(resource: Resource, record: Any, user: Any) -> bool:
    """Who may change or add such records may add files."""
    rights = rights_of(user)
    return any(rights.covers(resource.row, verb, record, own=resource.own) for verb in "uc")


def files_section(resource: Resource, record: Any, user: Any) -> pm.Section | None:
    if not isinstance(record, Noun):
        return None
    rows = tuple(
        pm.Row(
            str(one.pk),
            cells=(
                pm.Cell(one.name, "link", url=reverse("file", args=[one.pk]), icon="paperclip"),
                pm.Cell(one.media_type),
                pm.Cell(f"{format_number(one.size / 1024, 1)} KB", "number"),
            ),
        )
        for one in attachments_of(record)[:100]
    )
    allowed = may_attach(resource, record, user)
    if not rows and not allowed:
        return None
    columns = (pm.Column("name", "File", wide=True), pm.Column("kind", "Kind"), pm.Column("size", "Size", align="end"))
    return pm.Section(
        "Files",
        table=pm.Table(columns, rows, "Files", "No files yet."),
        form=FileForm() if allowed else None,
        form_url=reverse("attach", args=[resource.path, record.pk]) if allowed else "",
        submit_label="Add file",
        name="files",
    )
