"""Moves running cases to another version: seen beforehand case by case, done by a job, taken back while they stand still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.jobs.running import Progress, request_job
from apps.core.models import Job
from apps.workflows import loading
from apps.workflows.engine.effects import Armed, Disarmed
from apps.workflows.engine.refitting import obstacle, refit
from apps.workflows.engine.state import State
from apps.workflows.events.cases import CaseMigrated
from apps.workflows.models import Case, Revision, Wait, Workflow
from apps.workflows.services import moving, waiting

MIGRATE = "workflows.migrate"


@dataclass(frozen=True)
class Verdict:
    """Whether a running case can go on with the version; the reason when it cannot."""

    case: Case
    reason: str

    @property
    def can(self) -> bool:
        return not self.reason


def target_of(workflow: Workflow, number: int | None) -> Revision:
    wanted = number or workflow.published_number
    found = workflow.revisions.filter(number=wanted).first() if wanted else None
    if found is None:
        raise Refused(f"There is no version {wanted or 'published'}.", code="unknown_version", field="number")
    return found  # type: ignore[no-any-return]


def preview(workflow: Workflow, *, number: int | None = None, most: int = 0) -> Iterator[Verdict]:
    """Every running case of another version, with whether it can go on with this one and why not."""
    revision = target_of(workflow, number)
    new = loading.process_of(revision.pk, revision.sha256)
    cases = Case.objects.filter(workflow=workflow, state=Case.State.RUNNING).exclude(revision=revision)
    cases = cases.select_related("revision").order_by("id")
    for case in cases[:most] if most else cases.iterator(chunk_size=500):
        yield Verdict(
            case, obstacle(loading.process_of(case.revision_id, case.revision.sha256), new, State.of(case.engine))
        )


def ask_migration(workflow: Workflow, *, number: int | None = None, actor: Any) -> Workflow:
    """Asks for the job; the preview says beforehand what it will do."""
    revision = target_of(workflow, number)
    request_job(
        MIGRATE,
        label=f"Move running cases of {workflow} to version {revision.number}",
        params={"workflow": workflow.pk, "number": revision.number},
        actor=actor,
        department_id=workflow.department_id,
    )
    return workflow


def migrate_all(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    """Each case in its own transaction; one that cannot is named and left where it is."""
    with transaction.atomic(), scope.system("listing cases to migrate"):
        workflow = Workflow.objects.get(pk=row.params["workflow"])
        revision = target_of(workflow, row.params["number"])
        keys = list(
            Case.objects.filter(workflow=workflow, state=Case.State.RUNNING)
            .exclude(revision=revision)
            .values_list("pk", flat=True)
        )
    moved, stayed = 0, []
    for count, key in enumerate(keys):
        with transaction.atomic(), scope.system("migrating a case"):
            reason = migrate_case(key, revision, actor=owner, now=timezone.now())
        moved += not reason
        stayed += [reason] if reason else []
        if count % 20 == 0:
            progress.tell("Moving cases", count, len(keys))
    return {"moved": moved, "stayed": len(stayed), "reasons": stayed[:50]}


def migrate_case(case_id: int, revision: Revision, *, actor: Any, now: datetime) -> str:
    """Moves one case when it can; returns why not otherwise."""
    with transaction.atomic():
        case: Case = (
            Case.objects.select_for_update(of=("self",)).select_related("revision", "department").get(pk=case_id)
        )
        if not case.is_running or case.revision_id == revision.pk:
            return ""
        state = State.of(case.engine)
        new = loading.process_of(revision.pk, revision.sha256)
        reason = obstacle(loading.process_of(case.revision_id, case.revision.sha256), new, state)
        if reason:
            return f"{case.code}: {reason}"
        before, old = case.engine, case.revision_id
        fitted, effects = refit(new, state, now=now, constants=moving.constants(case))
        for effect in effects:
            if isinstance(effect, Armed):
                waiting.keep_wait(case, effect.wait, now=now)
            elif isinstance(effect, Disarmed):
                waiting.drop_wait(case, effect.wait)
        _write(
            case, fitted.plain(), revision.pk, migrated_from_id=old, migrated_engine=before, migrated_moves=case.moves
        )
        _tell(case, old, revision.pk, {"kind": "migrate", "at": now.isoformat()}, actor)
    return ""


def take_back_migration(case: Case, *, actor: Any, now: datetime | None = None) -> Case:
    """Back to the version it came from, as long as it has not moved since."""
    at = now or timezone.now()
    with transaction.atomic():
        locked: Case = Case.objects.select_for_update(of=("self",)).select_related("department").get(pk=case.pk)
        if locked.migrated_from_id is None or locked.migrated_engine is None:
            raise Refused(f"{locked.code} was not moved to another version.", code="not_migrated")
        if locked.moves != locked.migrated_moves:
            raise Refused(f"{locked.code} has gone on since; it stays with its version.", code="moved_on")
        state, new = State.of(locked.migrated_engine), locked.revision_id
        dues = dict(Wait.objects.filter(case=locked).values_list("wait", "due_at"))
        Wait.objects.filter(case=locked).delete()
        for one in state.waits.values():
            waiting.keep_wait(locked, one, now=at)
            if dues.get(one.id):
                Wait.objects.filter(case=locked, wait=one.id).update(due_at=dues[one.id])
        back = locked.migrated_from_id
        _write(locked, locked.migrated_engine, back, migrated_from_id=None, migrated_engine=None, migrated_moves=None)
        _tell(locked, new, back, {"kind": "restore", "at": at.isoformat()}, actor)
    return locked


def _write(case: Case, engine: dict[str, Any], revision_id: int, **kept: Any) -> None:
    case.engine, case.revision_id = engine, revision_id
    case.version += 1
    Case.objects.filter(pk=case.pk).update(engine=engine, revision_id=revision_id, version=case.version, **kept)


def _tell(case: Case, old: int, new: int, happening: dict[str, Any], actor: Any) -> None:
    emit(
        CaseMigrated(
            subject=case.subject(),
            departments=case.departments_concerned(),
            title=str(case)[:200],
            workflow=case.workflow.code,
            revision_id=new,
            happenings=[happening],
            changes={"revision_id": [old, new]},
        ),
        actor=actor,
    )
