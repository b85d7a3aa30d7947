"""What reports show elsewhere: figures from their own records, and what waits for their owners and readers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse

from apps.core.insights import measured
from apps.core.metrics import Measure, Metric, offer
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Contribution, View, contribute
from apps.reports.models import Dispatch, ReportRun

READY = """
SELECT department_id, date_trunc(%(grain)s, created_at, %(zone)s), count(*) FILTER (WHERE state IN ('ready', 'issued')), count(*)
FROM reports_reportrun WHERE created_at >= %(start)s AND created_at < %(end)s AND state IN ('ready', 'issued', 'failed')
GROUP BY 1, 2
"""


def ready_reports(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
    return measured(READY, start, end, grain, zone)


offer(
    Metric(
        name="reports.ready",
        label="Reports made",
        help="Reports that could be made, of all that were asked for.",
        unit="%",
        rule="ratio",
        direction="higher",
        grain="day",
        factor=100,
        collect=ready_reports,
        records="/reports/",
    )
)


def needs(view: View) -> list[pm.NeedsRow]:
    """Drafts to sign, reports that failed or could not be sent, and new reports to read."""
    user = view.user
    runs = (
        ReportRun.objects.visible_to(user).filter(pack__owner_id=user.pk, copy_of__isnull=True).select_related("pack")
    )
    drafts = runs.filter(state=ReportRun.State.READY, pack__needs_sign_off=True).order_by("-id")[:5]
    failed = runs.filter(state=ReportRun.State.FAILED).order_by("-id")[:5]
    return [
        *(_need(run, "waits for your signature", "Nobody gets it before", "signature", "warn") for run in drafts),
        *(_need(run, "could not be made", run.problem or "Nothing was sent", "file-x", "bad") for run in failed),
        *_undelivered(user),
        *_to_read(user),
    ]


def _need(run: ReportRun, what: str, why: str, icon: str, tone: pm.Tone) -> pm.NeedsRow:
    return pm.NeedsRow(
        title=f"{run} {what}",
        url=_url(run),
        why=why,
        icon=icon,
        tone=tone,
        buttons=(pm.Button("Look", _url(run)),),
        key=f"report:{run.pk}",
    )


def _undelivered(user: Any) -> list[pm.NeedsRow]:
    failed = Dispatch.objects.filter(
        run__pack__owner_id=user.pk, state__in=[Dispatch.State.FAILED, Dispatch.State.BOUNCED], archived_at__isnull=True
    )
    return [
        pm.NeedsRow(
            title=f"{one.run} did not reach {one.person}",
            url=reverse("record", args=["report-dispatches", one.pk]),
            why=one.problem or one.get_state_display(),
            icon="mail-x",
            tone="bad",
            key=f"report_dispatch:{one.pk}",
        )
        for one in failed.select_related("run__pack", "person").order_by("-id")[:5]
    ]


def _to_read(user: Any) -> list[pm.NeedsRow]:
    rows = Dispatch.objects.filter(person_id=user.pk, state=Dispatch.State.SENT, opened_at__isnull=True)
    return [
        pm.NeedsRow(
            title=f"New report: {one.run}",
            url=_url(one.run),
            why="Made in your own view",
            icon="file-chart-column",
            tone="info",
            buttons=(pm.Button("Open PDF", reverse("report_file", args=[one.run_id])),),
            key=f"report:{one.run_id}",
        )
        for one in rows.select_related("run__pack").order_by("-id")[:3]
    ]


def _url(run: ReportRun) -> str:
    return reverse("record", args=["reports", run.pk])


contribute(Contribution("reports", "Reports", 40, needs=needs))
