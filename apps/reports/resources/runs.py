"""Reports at both doors."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Panel, Resource, register
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.reports import forms, services
from apps.reports.models import Dispatch, Pack, Promise, Recipient, ReportRun

TONES = {"waiting": "info", "ready": "warn", "issued": "good", "failed": "bad"}
DISPATCH_TONES = {"waiting": "info", "sent": "good", "failed": "bad", "bounced": "bad"}
PROMISE_TONES = {"open": "info", "kept": "good", "missed": "bad"}


def run_state(run: ReportRun) -> tuple[str, str]:
    if run.state == ReportRun.State.READY and (run.pack is None or not run.pack.needs_sign_off):
        return "good", "Ready"
    return TONES[run.state], "Draft to sign" if run.state == ReportRun.State.READY else run.get_state_display()


def file_panel(run: ReportRun, user: Any) -> pm.Section | None:
    if run.has_file:
        links = (pm.Connection("Workbook with the same figures", reverse("report_workbook", args=[run.pk]), "table"),)
        return pm.Section(
            "File",
            note=f"{run.size // 1024} KB",
            text=f"SHA-256 {run.sha256}\nAudit head {run.audit_head[:16]}",
            button=pm.Button("Download PDF", reverse("report_file", args=[run.pk]), "download", "pri"),
            links=links if run.xlsx_sha256 else (),
        )
    if run.problem:
        return pm.Section("File", error=run.problem)
    if run.job_id:
        return pm.Section("Progress", button=pm.Button("Show progress", reverse("job", args=[run.job_id]), "hourglass"))
    return None


def words_panel(run: ReportRun, user: Any) -> pm.Section | None:
    """Commentary by section, as far as somebody wrote any."""
    written = [(name, text) for name, text in run.comments.items() if text]
    if not written:
        return None
    return pm.Section("Commentary", facts=tuple(pm.Fact(name.capitalize(), pm.Cell(text)) for name, text in written))


def copies_panel(run: ReportRun, user: Any) -> pm.Section | None:
    """Who got it, each in their own view, and whether it arrived."""
    rows = [
        pm.Row(
            str(one.pk),
            cells=(
                pm.Cell(str(one.person)),
                pm.Cell(one.get_channel_display()),
                pm.Cell(one.get_state_display(), "status", tone=DISPATCH_TONES[one.state]),  # type: ignore[arg-type]
                cells.plain_cell(one.sent_at, cells.zone_of(user)),
                pm.Cell(one.problem or cells.DASH),
            ),
        )
        for one in Dispatch.objects.filter(run__copy_of=run).select_related("person").order_by("id")[:100]
    ]
    if not rows:
        return None
    columns = (
        pm.Column("who", "Who", wide=True),
        pm.Column("how", "How"),
        pm.Column("state", "State"),
        pm.Column("sent", "Sent"),
        pm.Column("problem", "Problem"),
    )
    return pm.Section("Delivered to", table=pm.Table(columns, tuple(rows), "Delivered to", "Nobody yet."))


def runs_panel(pack: Pack, user: Any) -> pm.Section | None:
    rows = []
    for run in ReportRun.objects.visible_to(user).filter(pack=pack, copy_of__isnull=True).order_by("-id")[:12]:
        tone, word = run_state(run)
        url = reverse("record", args=["reports", run.pk])
        rows.append(
            pm.Row(
                str(run.pk),
                url,
                (
                    pm.Cell(run.number, "link", url=url),
                    pm.Cell(run.period_key),
                    pm.Cell(word, "status", tone=tone),  # type: ignore[arg-type]
                    cells.plain_cell(run.as_of, cells.zone_of(user)),
                ),
            )
        )
    columns = (
        pm.Column("number", "Report", wide=True),
        pm.Column("period", "Period"),
        pm.Column("state", "State"),
        pm.Column("as_of", "Data as of"),
    )
    return pm.Section("Reports", table=pm.Table(columns, tuple(rows), "Reports", "Not made yet."))


def people_panel(pack: Pack, user: Any) -> pm.Section | None:
    rows = [
        pm.Row(
            str(one.pk),
            reverse("record", args=["report-recipients", one.pk]),
            (
                pm.Cell(str(one.person), "link", url=reverse("record", args=["report-recipients", one.pk])),
                pm.Cell(one.get_channel_display()),
                pm.Cell("Left" if one.left_at else "Gets it", "status", tone="idle" if one.left_at else "good"),
            ),
        )
        for one in Recipient.objects.filter(pack=pack, archived_at__isnull=True).select_related("person")
    ]
    columns = (pm.Column("who", "Who", wide=True), pm.Column("how", "How"), pm.Column("state", "State"))
    button = pm.Button("Add recipient", reverse("create", args=["report-recipients"]) + f"?pack={pack.pk}", "user-plus")
    return pm.Section("Recipients", table=pm.Table(columns, tuple(rows), "Recipients", "Nobody yet."), button=button)


def promises_panel(pack: Pack, user: Any) -> pm.Section | None:
    """What the pack promised, newest first, with what came of it."""
    found = Promise.objects.filter(pack=pack, archived_at__isnull=True).select_related("owner").order_by("-due_on")[:12]
    zone = cells.zone_of(user)
    rows = [
        pm.Row(
            str(one.pk),
            reverse("record", args=["report-promises", one.pk]),
            (
                pm.Cell(one.action, "link", url=reverse("record", args=["report-promises", one.pk])),
                pm.Cell(one.period_key),
                pm.Cell(str(one.owner)),
                cells.plain_cell(one.due_on, zone),
                pm.Cell(one.get_state_display(), "status", tone=PROMISE_TONES[one.state]),  # type: ignore[arg-type]
            ),
        )
        for one in found
    ]
    columns = (
        pm.Column("what", "Promise", wide=True),
        pm.Column("period", "Promised in"),
        pm.Column("owner", "Owner"),
        pm.Column("due", "Due"),
        pm.Column("state", "State"),
    )
    button = pm.Button("Add promise", reverse("create", args=["report-promises"]) + f"?pack={pack.pk}", "plus")
    return pm.Section("Promises", table=pm.Table(columns, tuple(rows), "Promises", "Nothing yet."), button=button)


def is_draft(run: Any) -> bool:
    return bool(run.state == ReportRun.State.READY)


@register
class ReportResource(Resource):
    model = ReportRun
    path = "reports"
    label, plural, icon = "Report", "Reports", "file-chart-column"
    help = "Operations reports as PDF and workbook. An issued report never changes."
    columns = (
        Column("number", "No.", sort="number"),
        Column("name", "Report", value=str),
        Column("state", "State", "status", value=run_state, sort="state"),
        Column("department", "For"),
        Column("requested_by", "By"),
        Column("created_at", "Asked for", "date", sort="created_at"),
        Column("as_of", "Data as of", "date"),
        Column(
            "file",
            "File",
            value=lambda one: (
                pm.Cell("Download PDF", "link", url=reverse("report_file", args=[one.pk]))
                if one.has_file
                else pm.Cell("")
            ),
        ),
    )
    filters = ("state", "pack", "department", "requested_by", "created_at")
    search = ("number", "period_key")
    fields = (
        "number",
        "kind",
        "pack",
        "period_key",
        "department",
        "requested_by",
        "commentary",
        "decisions",
        "comments",
        "signed_by",
        "signed_at",
        "state",
        "problem",
        "as_of",
        "sha256",
        "size",
        "snapshot",
    )
    panels = (Panel("file", file_panel), Panel("words", words_panel), Panel("copies", copies_panel))
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
        Action(
            name="sign",
            label="Sign off and issue",
            verb="u",
            run=services.sign_off,
            icon="signature",
            primary=True,
            fresh=True,
            when=lambda one: is_draft(one) and one.pack_id is not None and one.signed_at is None,
            confirm="You answer for this report. It goes out to its recipients and never changes again.",
            done="Report is being issued",
        ),
        Action(
            name="comment",
            label="Comment a section",
            verb="u",
            run=services.comment_report,
            form=forms.CommentForm,
            icon="message-square",
            when=lambda one: is_draft(one) and one.signed_at is None,
            done="The draft is made anew",
        ),
        Action(
            name="words",
            label="Verdict and decisions",
            verb="u",
            run=services.comment_report,
            form=forms.WordsForm,
            icon="pencil",
            when=lambda one: is_draft(one) and one.signed_at is None,
            done="The draft is made anew",
        ),
        Action(
            name="retry",
            label="Try again",
            verb="u",
            run=services.retry_report,
            icon="rotate-cw",
            when=lambda one: one.state == ReportRun.State.FAILED,
            done="Report is being made",
        ),
    )

    def number(self, record: Any) -> str:
        return str(record.number)

    def status(self, record: Any) -> tuple[str, str] | None:
        return run_state(record)
