"""Files beside records: checked, stored by content hash, reached only through the record they belong to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models, transaction

from apps.core.errors import Refused
from apps.core.events.facts import FileAttached
from apps.core.events.log import emit
from apps.core.files import accept, read_stored, store
from apps.core.models import Attachment, Noun

FOLDER = "attachments"
MOST_PER_RECORD = 100


def attach(record: Noun, *, content: bytes, filename: str, actor: Any) -> Attachment:
    """Check by content and name, store, and tell the record's history. The same file twice on a record is one."""
    accepted = accept(content, filename)
    stored = store(accepted.content, settings.MEDIA_ROOT / FOLDER, accepted.media_type)
    with transaction.atomic():
        known = Attachment.objects.filter(subject=record.subject())
        same = known.filter(sha256=stored.sha256).first()
        if same is not None:
            return same
        if known.count() >= MOST_PER_RECORD:
            raise Refused(f"A record holds at most {MOST_PER_RECORD} files.", code="too_many_files", field="file")
        made = Attachment.objects.create(
            subject=record.subject(),
            departments=sorted(record.departments_concerned()),
            sha256=stored.sha256,
            name=accepted.name,
            media_type=accepted.media_type,
            size=stored.size,
            added_by_id=getattr(actor, "pk", None),
        )
        emit(
            FileAttached(
                subject=record.subject(),
                departments=record.departments_concerned(),
                name_of_file=made.name,
                sha256=made.sha256,
                size=made.size,
            ),
            actor=actor,
        )
    return made


def attachments_of(record: Noun) -> models.QuerySet[Attachment]:
    return Attachment.objects.filter(subject=record.subject()).order_by("-id")


def content_of(attachment: Attachment) -> bytes:
    """The bytes, checked against their hash."""
    return read_stored(attachment.sha256, settings.MEDIA_ROOT / FOLDER)
