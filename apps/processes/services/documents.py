"""The frames of controlled documents."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.processes import events
from apps.processes.models import Document, Revision

PREFIXES = {"sop": "SOP", "policy": "POL", "wi": "WI", "form": "F"}


def open_document(*, actor: Any, **values: Any) -> Document:
    with transaction.atomic():
        document = Document(**values)
        prefix = PREFIXES.get(document.kind, "DOC")
        document.code = document.code or f"{prefix}-{next_number(f'document_{prefix}')}"
        return write.create(document, actor=actor, fact=events.DocumentSet)


def change_document(document: Document, *, actor: Any, version: int | None = None, **values: Any) -> Document:
    """Its revisions move with its department."""
    values["code"] = values.get("code") or document.code
    with transaction.atomic():
        changed = write.change(document, values, actor=actor, fact=events.DocumentChanged, version=version)
        Revision.objects.filter(document=changed).exclude(department=changed.department).update(
            department=changed.department
        )
        return changed


def archive_document(document: Document, *, actor: Any) -> Document:
    """Only what no longer holds."""
    if document.revisions.filter(state=Revision.State.EFFECTIVE).exists():
        raise Refused("A revision of it is effective. Withdraw that one first.", code="effective")
    return write.archive(document, actor=actor, fact=events.DocumentChanged)


def restore_document(document: Document, *, actor: Any) -> Document:
    return write.restore(document, actor=actor, fact=events.DocumentChanged)
