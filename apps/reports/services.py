"""Asking for reports and making them; the file is stored before the row says ready."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from apps.core import pdf
from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events import seal
from apps.core.files import read_stored, store
from apps.core.jobs.running import request_job
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.core.values import Period
from apps.org.models import Department
from apps.reports import events
from apps.reports.models import ReportRun
from apps.reports.parts import Part, sources

STORE = "reports"


def zone() -> ZoneInfo:
    return ZoneInfo(settings.SITE_TIME_ZONE)


def request_report(
    *, period_key: str, actor: Any, department: Department | None = None, commentary: str = "", decisions: str = ""
) -> ReportRun:
    """A weekly report in the actor's own view; a worker makes it."""
    if not settings.PDF_ENABLED:
        raise Refused(
            "PDF libraries are missing on this machine. Run `./ops doctor`; it says what to install.", code="no_pdf"
        )
    Period.parse(period_key, zone())
    place = department or _home(actor)
    with transaction.atomic():
        number = f"{period_key}-{next_number(f'report:{period_key}'):02d}"
        run = ReportRun(
            number=number,
            period_key=period_key,
            department=place,
            requested_by=actor,
            commentary=commentary,
            decisions=decisions,
        )
        write.create(run, actor=actor, fact=events.ReportRequested)
        job = request_job(
            "reports.make",
            label=f"Weekly report {number}",
            params={"run": run.pk, "back": f"/reports/{run.pk}/"},
            actor=actor,
            department_id=place.pk,
        )
        ReportRun.objects.filter(pk=run.pk).update(job_id=job.pk)
        run.job_id = job.pk
    return run


def _home(actor: Any) -> Department:
    """The highest department the person acts for."""
    grants = sorted(rights_of(actor).grants, key=lambda one: len(one.ancestors))
    if not grants:
        raise Refused("You hold no role yet, so there is nothing to report on.", code="no_role")
    return Department.objects.get(pk=grants[0].department_id)


def make_report(run: ReportRun, *, owner: Any, now: datetime) -> ReportRun:
    """Render and store, then flip the row in one transaction; a finished run is left as it is."""
    if run.state == ReportRun.State.READY:
        return run
    with transaction.atomic(), scope.of(owner):
        report, figures = compose(run, owner=owner, now=now)
    content = pdf.render_weekly(report, font=settings.FONT_FILE)
    stored = store(content, settings.MEDIA_ROOT / STORE)
    with transaction.atomic(), scope.of(owner):
        locked: ReportRun = ReportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        return write.change(
            locked,
            {
                "state": ReportRun.State.READY,
                "sha256": stored.sha256,
                "size": stored.size,
                "snapshot": figures,
                "as_of": now,
                "audit_head": seal.head(),
            },
            actor=owner,
            fact=events.ReportReady,
            sha256=stored.sha256,
        )


def fail_report(run: ReportRun, *, problem: str) -> None:
    """The run says why; nothing is delivered."""
    with transaction.atomic(), scope.system("marking a failed report"):
        fresh = ReportRun.objects.get(pk=run.pk)
        write.change(fresh, {"state": ReportRun.State.FAILED}, actor=None, fact=events.ReportFailed, problem=problem)


def compose(run: ReportRun, *, owner: Any, now: datetime) -> tuple[pdf.WeeklyReport, dict[str, Any]]:
    """The report's words and drawings, with the plain figures behind them."""
    period = Period.parse(run.period_key, zone())
    parts = [source.make(owner, period) for source in sorted(sources, key=lambda one: one.position)]
    figures: dict[str, Any] = {}
    for part in parts:
        figures |= part.figures
    local = now.astimezone(zone())
    head = seal.head()
    return pdf.WeeklyReport(
        title="Weekly operations report",
        period_label=period.label,
        site=str(run.department),
        prepared_for="Upper management",
        prepared_by=f"{owner}{f', {owner.title}' if owner.title else ''}",
        verdict=run.commentary or _verdict(parts),
        facts=tuple(fact for part in parts for fact in part.facts)[:4],
        decisions=tuple(line.strip() for line in run.decisions.splitlines() if line.strip()),
        kpi_rows=tuple(row for part in parts for row in part.kpi_rows),
        charts_title="Trends",
        charts=tuple(chart for part in parts for chart in part.charts)[:2],
        as_of=f"{local.day} {local:%b %Y %H:%M} {local.tzname()}",
        report_id=run.number,
        created=now,
        klass=f"internal · audit {head[:12]}",
    ), figures


def _verdict(parts: list[Part]) -> str:
    good = [name for part in parts for name in part.on_target]
    bad = [name for part in parts for name in part.off_target]
    if not good and not bad:
        return "No key figure has a target for this week yet."
    if not bad:
        return f"All {len(good)} key figures with a target are on target."
    shown = [*bad[:3], f"{len(bad) - 3} more"] if len(bad) > 3 else bad
    names = " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
    verb = "is" if len(bad) == 1 else "are"
    return f"{len(good)} of {len(good) + len(bad)} key figures are on target. {names} {verb} not."


def read_report(run: ReportRun) -> bytes:
    """The stored file, checked against its hash."""
    if run.state != ReportRun.State.READY:
        raise Refused("This report is not ready yet.", code="not_ready")
    return read_stored(run.sha256, settings.MEDIA_ROOT / STORE)
