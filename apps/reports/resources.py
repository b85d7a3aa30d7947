"""Reports at both doors."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Panel, Resource, register
from apps.core.web import pagemodel as pm
from apps.reports import forms, services
from apps.reports.models import ReportRun

TONES = {"waiting": "info", "ready": "good", "failed": "bad"}


def file_panel(run: ReportRun, user: Any) -> pm.Section | None:
    if run.state == ReportRun.State.READY:
        return pm.Section(
            "File",
            note=f"{run.size // 1024} KB",
            text=f"SHA-256 {run.sha256}",
            button=pm.Button("Download PDF", reverse("report_file", args=[run.pk]), "download", "pri"),
        )
    if run.job_id:
        return pm.Section("Progress", button=pm.Button("Show progress", reverse("job", args=[run.job_id]), "hourglass"))
    return None


@register
class ReportResource(Resource):
    model = ReportRun
    path = "reports"
    label, plural, icon = "Report", "Reports", "file-chart-column"
    help = "Weekly operations reports as PDF. A made report never changes."
    columns = (
        Column("number", "No.", sort="number"),
        Column("name", "Report", value=str),
        Column("state", "State", "status", value=lambda one: (TONES[one.state], one.get_state_display())),
        Column("department", "For"),
        Column("requested_by", "By"),
        Column("created_at", "Asked for", "date", sort="created_at"),
        Column("as_of", "Data as of", "date"),
        Column(
            "file",
            "File",
            value=lambda one: (
                pm.Cell("Download PDF", "link", url=reverse("report_file", args=[one.pk]))
                if one.state == "ready"
                else pm.Cell("")
            ),
        ),
    )
    filters = ("state", "department", "created_at")
    search = ("number", "period_key")
    fields = (
        "number",
        "kind",
        "period_key",
        "department",
        "requested_by",
        "commentary",
        "decisions",
        "state",
        "as_of",
        "sha256",
        "size",
        "snapshot",
    )
    panels = (Panel("file", file_panel),)
    actions = (
        Action(
            name="request",
            label="Make weekly report",
            verb="c",
            kind="create",
            run=services.request_report,
            form=forms.ReportForm,
            icon="file-plus",
            done="Report is being made",
            help="Rendered by a worker in your own view of the data.",
        ),
    )

    def number(self, record: Any) -> str:
        return str(record.number)

    def status(self, record: Any) -> tuple[str, str] | None:
        return TONES[record.state], record.get_state_display()
