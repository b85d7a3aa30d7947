"""The process catalogue and the library of good practices."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.org.models import Department
from apps.processes import events
from apps.processes.models import Adoption, Practice, Process

DEEPEST = 8


def set_process(*, actor: Any, **values: Any) -> Process:
    with transaction.atomic():
        process = Process(**values)
        process.code = process.code or f"P{next_number('process')}"
        _check_place(process)
        return write.create(process, actor=actor, fact=events.ProcessSet)


def change_process(process: Process, *, actor: Any, version: int | None = None, **values: Any) -> Process:
    values["code"] = values.get("code") or process.code
    _check_place(Process(pk=process.pk, parent=values.get("parent", process.parent)))
    return write.change(process, values, actor=actor, fact=events.ProcessChanged, version=version)


def _check_place(process: Process) -> None:
    """No process is part of itself, directly or through others."""
    seen, above = {process.pk}, process.parent
    while above is not None:
        if above.pk in seen or len(seen) > DEEPEST:
            raise Refused(
                "This would make the process a part of itself. Choose another one.", code="circle", field="parent"
            )
        seen.add(above.pk)
        above = above.parent


def archive_process(process: Process, *, actor: Any) -> Process:
    if Process.objects.filter(parent=process, archived_at__isnull=True).exists():
        raise Refused("Other processes are part of it. Move or archive them first.", code="has_parts")
    return write.archive(process, actor=actor, fact=events.ProcessChanged)


def restore_process(process: Process, *, actor: Any) -> Process:
    return write.restore(process, actor=actor, fact=events.ProcessChanged)


def propose_practice(*, actor: Any, **values: Any) -> Practice:
    with transaction.atomic():
        practice = Practice(**values)
        practice.code = practice.code or f"BP{next_number('practice')}"
        return write.create(practice, actor=actor, fact=events.PracticeProposed)


def change_practice(practice: Practice, *, actor: Any, version: int | None = None, **values: Any) -> Practice:
    values["code"] = values.get("code") or practice.code
    return write.change(practice, values, actor=actor, fact=events.PracticeChanged, version=version)


def accept_practice(practice: Practice, *, actor: Any) -> Practice:
    """It belongs to the library now; its author does not decide about it."""
    if practice.author_id == getattr(actor, "pk", None):
        raise Refused("Somebody else decides about a practice you wrote.", code="own_practice")
    return write.change(practice, {"state": Practice.State.ACCEPTED}, actor=actor, fact=events.PracticeChanged)


def retire_practice(practice: Practice, *, actor: Any) -> Practice:
    return write.change(practice, {"state": Practice.State.RETIRED}, actor=actor, fact=events.PracticeChanged)


def adopt_practice(practice: Practice, *, department: Department, note: str = "", actor: Any) -> Practice:
    """A department takes it over; once each."""
    with transaction.atomic():
        locked: Practice = Practice.objects.select_for_update(of=("self",)).get(pk=practice.pk)
        if locked.state != Practice.State.ACCEPTED:
            raise Refused("Only an accepted practice can be adopted.", code="not_accepted")
        _, new = Adoption.objects.get_or_create(
            practice=locked, department=department, defaults={"person": actor, "note": note}
        )
        if not new:
            raise Refused(f"{department} has adopted it already.", code="adopted", field="department")
        emit(
            events.PracticeAdopted(
                subject=locked.subject(),
                departments=(*locked.departments_concerned(), department.pk),
                title=str(locked),
                changes={"adopted_by": [None, department.pk]},
                department_id=department.pk,
            ),
            actor=actor,
        )
        return locked


def archive_practice(practice: Practice, *, actor: Any) -> Practice:
    return write.archive(practice, actor=actor, fact=events.PracticeChanged)


def restore_practice(practice: Practice, *, actor: Any) -> Practice:
    return write.restore(practice, actor=actor, fact=events.PracticeChanged)
