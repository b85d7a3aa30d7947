"""Whom facts of processes concern."""

from __future__ import annotations

from collections.abc import Iterable

from apps.core.models import Event
from apps.core.notices import Concern, concern
from apps.processes import queries
from apps.processes.models import Document


def _people(event: Event) -> Iterable[int | None]:
    found: list[int | None] = event.payload.get("people", [])
    return found


def _readers(event: Event) -> Iterable[int | None]:
    document = Document.objects.filter(pk=event.payload.get("document_id")).first()
    return [one.pk for one in queries.readers_of(document)] if document is not None else []


concern(Concern(fact="processes.handoff_offered", people=_people, reason="your department is to take it"))
concern(
    Concern(fact="processes.handoff_moved", people=_people, reason="you gave or take it", kind="change", level="know")
)
concern(Concern(fact="processes.revision_effective", people=_readers, reason="you must read it", level="know"))
