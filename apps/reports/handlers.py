"""Jobs that make and issue reports, and reactions that copy and send what was issued."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.handlers import on
from apps.core.jobs.running import Progress, job
from apps.core.models import Event, Job
from apps.reports import services
from apps.reports.events import ReportDispatched, ReportIssued
from apps.reports.models import ReportRun


def run_of(key: int) -> ReportRun:
    with transaction.atomic(), scope.system("reading a report to be made"):
        rows = ReportRun.objects.select_related(
            "pack", "department", "requested_by", "signed_by", "copy_of__requested_by"
        )
        return rows.get(pk=key)  # type: ignore[no-any-return]


def _done(run: ReportRun) -> dict[str, Any]:
    return {"url": f"/reports/{run.pk}/report.pdf", "label": "Download PDF"}


@job("reports.make", "Make a report")
def make(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    progress.tell("Collecting figures", 0, 2)
    run = run_of(row.params["run"])
    progress.tell("Laying out pages", 1, 2)
    try:
        services.make_report(run, now=timezone.now())
    except Refused as error:
        services.fail_report(run, problem=error.message)
        raise
    return _done(run)


@job("reports.issue", "Issue a signed report")
def issue(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    progress.tell("Comparing with the signed draft", 0, 2)
    run = run_of(row.params["run"])
    services.finish_sign_off(run, now=timezone.now())
    return _done(run)


@on(ReportIssued, name="reports.burst")
def burst(event: Event) -> None:
    run = ReportRun.objects.select_related("pack").get(pk=int(event.subject.partition(":")[2]))
    services.burst(run)
    services.dispatch(run)


def _give_up(event: Event) -> None:
    services.give_up_dispatch(int(event.subject.partition(":")[2]))


@on(ReportDispatched, name="reports.send", slow=True, given_up=_give_up)
def send(event: Event) -> None:
    services.send_dispatch(int(event.subject.partition(":")[2]))
