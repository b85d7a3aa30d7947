"""Runs of reports: asked for, made by a worker, commented, signed off; the file is stored before the row says ready."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events import seal
from apps.core.files import read_stored, store
from apps.core.jobs.running import request_job
from apps.core.models import Job
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.core.values import Period
from apps.org.models import Department
from apps.reports import events
from apps.reports.composing import Composed, compose, write_workbook, zone
from apps.reports.models import Pack, ReportRun

STORE = "reports"
State = ReportRun.State


def request_report(
    *, period_key: str, actor: Any, department: Department | None = None, commentary: str = "", decisions: str = ""
) -> ReportRun:
    """A weekly report of one page in the actor's own view; a worker makes it."""
    place = department or _home(actor)
    return _request(
        ReportRun(
            period_key=period_key,
            department=place,
            requested_by=actor,
            commentary=commentary,
            decisions=decisions,
        ),
        label="Weekly report",
        actor=actor,
    )


def request_pack_run(
    pack: Pack, *, actor: Any, period_key: str = "", commentary: str = "", decisions: str = "", person: Any = None
) -> ReportRun:
    """The pack for a period (the last whole one when none is given), made in its owner's view."""
    period = Period.parse(period_key, zone()) if period_key else _last_whole(pack, timezone.now())
    if str(getattr(period.grain, "value", period.grain)) != pack.cadence:
        raise Refused(
            f"This pack covers a {pack.get_cadence_display().lower().removesuffix('ly')}. Write {_like(pack)}.",
            code="bad_period",
            field="period_key",
        )
    return _request(
        ReportRun(
            kind=pack.code,
            pack=pack,
            period_key=period.key,
            department=pack.department,
            requested_by=person or actor or pack.owner,
            commentary=commentary,
            decisions=decisions,
        ),
        label=pack.title,
        actor=actor,
    )


def _like(pack: Pack) -> str:
    return "it like 2026-W47" if pack.cadence == Pack.Cadence.WEEK else "it like 2026-11"


def _last_whole(pack: Pack, now: datetime) -> Period:
    return Period.containing(now, zone(), pack.cadence).previous()


def _request(run: ReportRun, *, label: str, actor: Any) -> ReportRun:
    if not settings.PDF_ENABLED:
        raise Refused(
            "PDF libraries are missing on this machine. Run `./ops doctor`; it says what to install.", code="no_pdf"
        )
    Period.parse(run.period_key, zone())
    with transaction.atomic():
        series = f"report:{run.pack.code}:{run.period_key}" if run.pack else f"report:{run.period_key}"
        prefix = f"{run.pack.code}-" if run.pack else ""
        run.number = f"{prefix}{run.period_key}-{next_number(series):02d}"[-30:]
        write.create(run, actor=actor, fact=events.ReportRequested)
        ask_worker(run, label=f"{label} {run.number}", actor=actor)
    return run


def ask_worker(run: ReportRun, *, label: str, actor: Any) -> None:
    job = request_job(
        "reports.make",
        label=label[:200],
        params={"run": run.pk, "back": f"/reports/{run.pk}/"},
        actor=actor or run.requested_by,
        department_id=run.department_id,
    )
    ReportRun.objects.filter(pk=run.pk).update(job_id=job.pk)
    run.job_id = job.pk


def _home(actor: Any) -> Department:
    """The highest department the person acts for."""
    grants = sorted(rights_of(actor).grants, key=lambda one: len(one.ancestors))
    if not grants:
        raise Refused("You hold no role yet, so there is nothing to report on.", code="no_role")
    return Department.objects.get(pk=grants[0].department_id)


def make_report(run: ReportRun, *, now: datetime) -> ReportRun:
    """Render and store in the view of the person it was asked for, then flip the row in one transaction.

    A finished run is left as it is. What nobody has to sign is issued at once; copies are those of an issued report.
    """
    if run.has_file:
        return run
    owner = run.requested_by
    seal.seal_new_events()  # the audit head in the footer covers what is known now
    with transaction.atomic(), scope.of(owner):
        composed = compose(run, owner=owner, now=now)
    values = _stored(composed, now)
    issued = run.copy_of_id is not None or (run.pack is not None and not run.pack.needs_sign_off)
    state, fact = (State.ISSUED, events.ReportIssued) if issued else (State.READY, events.ReportReady)
    with transaction.atomic(), scope.system("storing a finished report"):
        locked: ReportRun = ReportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if locked.has_file:
            return locked
        values |= {"state": state, "problem": ""}
        return write.change(locked, values, actor=owner, fact=fact, sha256=values["sha256"])


def _stored(composed: Composed, now: datetime) -> dict[str, Any]:
    """The files on disk and what the row says of them."""
    content = composed.render()
    root = settings.MEDIA_ROOT / STORE
    file = store(content, root)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xlsx"
        write_workbook(composed, path)
        book = store(path.read_bytes(), root)
    return {
        "sha256": file.sha256,
        "size": file.size,
        "xlsx_sha256": book.sha256,
        "snapshot": composed.figures,
        "as_of": now,
        "audit_head": seal.head(),
    }


def fail_report(run: ReportRun, *, problem: str) -> None:
    """The run says why; nothing is delivered. Its owner sees it among what waits."""
    with transaction.atomic(), scope.system("marking a failed report"):
        fresh = ReportRun.objects.get(pk=run.pk)
        if fresh.has_file:
            return
        values = {"state": State.FAILED, "problem": problem[:300]}
        write.change(fresh, values, actor=None, fact=events.ReportFailed, problem=problem)


def fail_stuck_runs() -> int:
    """A job that was given up leaves no report waiting for ever."""
    count = 0
    for run in ReportRun.objects.filter(state=State.WAITING, job_id__isnull=False):
        job = Job.objects.filter(pk=run.job_id).first()
        if job is None or job.state in {Job.State.FAILED, Job.State.CANCELLED}:
            fail_report(run, problem=(job.problem if job else "") or "The job was stopped.")
            count += 1
    return count


def retry_report(run: ReportRun, *, actor: Any) -> ReportRun:
    """Make a failed report again."""
    with transaction.atomic():
        again = write.change(run, {"state": State.WAITING, "problem": ""}, actor=actor, fact=events.ReportCommented)
        ask_worker(again, label=str(again), actor=actor)
    return again


def comment_report(
    run: ReportRun,
    *,
    actor: Any,
    section: str = "",
    text: str = "",
    commentary: str | None = None,
    decisions: str | None = None,
) -> ReportRun:
    """Words of a draft; it is made anew with them."""
    values: dict[str, Any] = {"state": State.WAITING}
    if section:
        values["comments"] = {**run.comments, section: text.strip()}
    if commentary is not None:
        values["commentary"] = commentary
    if decisions is not None:
        values["decisions"] = decisions
    with transaction.atomic():
        changed = write.change(run, values, actor=actor, fact=events.ReportCommented)
        ask_worker(changed, label=str(changed), actor=actor)
    return changed


def sign_off(run: ReportRun, *, actor: Any) -> ReportRun:
    """The signer answers for the draft as it is; a worker makes the final file with name and time."""
    with transaction.atomic():
        values = {"signed_by": actor, "signed_at": timezone.now()}
        signed = write.change(run, values, actor=actor, fact=events.ReportCommented)
        job = request_job(
            "reports.issue",
            label=f"Issue {signed.number}",
            params={"run": signed.pk, "back": f"/reports/{signed.pk}/"},
            actor=actor,
            department_id=signed.department_id,
        )
        ReportRun.objects.filter(pk=signed.pk).update(job_id=job.pk)
    return signed


def finish_sign_off(run: ReportRun, *, now: datetime) -> ReportRun:
    """Issue the signed draft if its figures are still those that were signed; else the signature is void."""
    if run.state == State.ISSUED:
        return run
    owner = run.requested_by
    with transaction.atomic(), scope.of(owner):
        composed = compose(run, owner=owner, now=now)
    if composed.figures != run.snapshot:
        with transaction.atomic(), scope.system("voiding a signature on figures that changed"):
            fresh = ReportRun.objects.get(pk=run.pk)
            values = {"signed_by": None, "signed_at": None, "state": State.WAITING}
            again = write.change(fresh, values, actor=None, fact=events.ReportCommented)
            ask_worker(again, label=str(again), actor=owner)
        raise Refused(
            "Figures changed after this draft was made, so it was not issued. It is made anew; read and sign it again.",
            code="figures_changed",
        )
    values = _stored(composed, now) | {"state": State.ISSUED}
    with transaction.atomic(), scope.system("issuing a signed report"):
        locked: ReportRun = ReportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if locked.state == State.ISSUED:
            return locked
        return write.change(locked, values, actor=run.signed_by, fact=events.ReportIssued, sha256=values["sha256"])


def read_report(run: ReportRun) -> bytes:
    """The stored file, checked against its hash."""
    if not run.has_file:
        raise Refused("This report is not ready yet.", code="not_ready")
    return read_stored(run.sha256, settings.MEDIA_ROOT / STORE)


def read_workbook(run: ReportRun) -> bytes:
    """The stored workbook, checked against its hash."""
    if not run.has_file or not run.xlsx_sha256:
        raise Refused("This report has no workbook yet.", code="not_ready")
    return read_stored(run.xlsx_sha256, settings.MEDIA_ROOT / STORE)
