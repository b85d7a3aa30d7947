"""Files taken in step by step: check, import, undo; a large file goes through a job, with the same report."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.access.rights import require
from apps.core.errors import Refused
from apps.core.events.facts import FileImported, ImportUndone
from apps.core.events.log import emit
from apps.core.files import read_stored, store
from apps.core.jobs.running import Progress, job, request_job
from apps.core.models import ImportBatch, Job
from apps.core.resources.importing import Report, Tell, importer_for
from apps.core.resources.resource import Resource, resources
from apps.core.tabular import Table, read_table
from apps.core.values import format_number

AT_ONCE = 500
KEPT_PROBLEMS = 2000
TOLD_EVERY_SECONDS = 1.0
State = ImportBatch.State


def check_file(resource: Resource, content: bytes, name: str, actor: Any) -> ImportBatch:
    """Keep the file and run it dry; a large one is checked by a job."""
    table = read_table(content, name)
    stored = store(content, settings.MEDIA_ROOT / "imports")
    batch = ImportBatch(
        resource=resource.name,
        file_name=name[:200],
        sha256=stored.sha256,
        owner_id=actor.pk,
        rows=len(table.rows),
        state=State.NEW,
    )
    with transaction.atomic():
        if len(table.rows) > AT_ONCE:
            batch.save()
            _ask("import.check", "Check", batch, actor)
        else:
            _check(batch, table, actor, None)
    return batch


def import_batch(batch: ImportBatch, actor: Any) -> ImportBatch:
    """Import a checked file, now or by a job."""
    if batch.rows <= AT_ONCE:
        return run_batch(batch, actor)
    with transaction.atomic():
        locked = _locked(batch, State.CHECKED)
        running = Job.objects.filter(pk=locked.job_id).first() if locked.job_id else None
        if running is not None and not running.finished:
            raise Refused("This file is being imported already.", code="wrong_state")
        _ask("import.run", "Import", locked, actor)
    batch.refresh_from_db()
    return batch


def _ask(kind: str, verb: str, batch: ImportBatch, actor: Any) -> None:
    label = f"{verb} {batch.file_name} ({format_number(batch.rows)} rows)"[:200]
    path = resources[batch.resource].path
    report = f"/{path}/import/{batch.pk}/"
    params = {
        "batch": batch.pk,
        "report": report,
        "back": report if batch.state == State.CHECKED else f"/{path}/import/",
    }
    batch.job_id = request_job(kind, label=label, params=params, actor=actor).pk
    batch.save(update_fields=["job_id"])


def _locked(batch: ImportBatch, state: str) -> ImportBatch:
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if locked.state != state:
        raise Refused(f"This file is already {locked.get_state_display().lower()}.", code="wrong_state")
    return locked


def _table(batch: ImportBatch) -> Table:
    return read_table(read_stored(batch.sha256, settings.MEDIA_ROOT / "imports"), batch.file_name)


def _check(batch: ImportBatch, table: Table, actor: Any, tell: Tell | None) -> None:
    report = importer_for(batch.resource, actor).run(table, dry=True, tell=tell)
    _take(batch, report)
    batch.state = State.CHECKED
    batch.save()


def _take(batch: ImportBatch, report: Report) -> None:
    batch.rows, batch.created = len(report.rows), report.count("new")
    batch.changed, batch.unchanged = report.count("changed"), report.count("same")
    batch.problems = [
        {"line": row.line, "what": row.what, "problems": row.problems} for row in report.refused[:KEPT_PROBLEMS]
    ]


def run_batch(batch: ImportBatch, actor: Any, tell: Tell | None = None) -> ImportBatch:
    """Import a checked file: all rows or none, once."""
    with transaction.atomic():
        _locked(batch, State.CHECKED)
        report = importer_for(batch.resource, actor).run(_table(batch), dry=False, tell=tell)
        _take(batch, report)
        batch.effects = report.effects
        batch.state = State.REFUSED if report.refused else State.IMPORTED
        batch.imported_at = None if report.refused else timezone.now()
        batch.save()
        if not report.refused:
            fact = FileImported(subject=f"import:{batch.pk}", batch_id=batch.pk, rows=batch.rows)
            emit(fact, actor=actor)
    return batch


def undo_batch(batch: ImportBatch, actor: Any) -> ImportBatch:
    """Take back an import, whole."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state != State.IMPORTED:
            raise Refused("Only an imported file can be undone.", code="wrong_state")
        count = importer_for(batch.resource, actor).undo(locked)
        batch.state, batch.undone_at = State.UNDONE, timezone.now()
        batch.save()
        emit(ImportUndone(subject=f"import:{batch.pk}", batch_id=batch.pk, rows=count), actor=actor)
    return batch


def _by_job(row: Job, owner: Any, progress: Progress, step: str, work: Callable[[ImportBatch, Tell], None]) -> Any:
    """One transaction for the whole file, in its owner's name and with the rights held now; progress is told beside it."""

    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done in (0, total) or time.monotonic() > told + TOLD_EVERY_SECONDS:
            progress.tell_from_within(step, done, total)
            told = time.monotonic()

    with transaction.atomic(), scope.of(owner):
        batch = ImportBatch.objects.get(pk=row.params["batch"], owner_id=owner.pk)
        resource = resources[batch.resource]
        require(owner, "import", "c", noun="import")
        require(owner, resource.row, "c", noun=resource.noun)
        tell(0, batch.rows)
        work(batch, tell)
        tell(batch.rows, batch.rows)  # the last moment to take it back: nothing is committed yet
    return {"url": row.params["report"], "label": "Open the report"}


@job("import.check", "Check a file")
def check_job(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    def work(batch: ImportBatch, tell: Tell) -> None:
        if batch.state == State.NEW:
            _check(batch, _table(batch), owner, tell)

    return dict(_by_job(row, owner, progress, "Checking rows", work))


@job("import.run", "Import a file")
def import_job(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    def work(batch: ImportBatch, tell: Tell) -> None:
        if batch.state == State.CHECKED:
            run_batch(batch, owner, tell)

    return dict(_by_job(row, owner, progress, "Importing rows", work))
