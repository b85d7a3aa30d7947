"""The ageing board of hand-offs and the uncontrolled copy of a revision on paper."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.pdf.rendering import render as render_pdf
from apps.core.pdf.weekly import report_assets
from apps.core.resources.resource import resources
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.navigation import NavPage, add_page
from apps.processes import queries, services
from apps.processes.models import Revision

add_page(
    NavPage(
        "handoff_board",
        "Hand-off board",
        "hourglass",
        "Operate",
        23,
        lambda user: rights_of(user).can_somewhere("task", "r"),
    )
)


@page("task", "r")
def handoff_board(request: HttpRequest) -> HttpResponse:
    """How long open hand-offs stand where they stand, by receiving department."""
    table = queries.ageing(request.user, now=timezone.now())
    columns = (
        pm.Column("to", "Receiving department", wide=True),
        *(pm.Column(str(place), label, align="end") for place, (label, _) in enumerate(queries.AGES)),
        pm.Column("all", "All", align="end"),
    )
    rows = tuple(
        pm.Row(
            name,
            cells=(
                pm.Cell(name),
                *(pm.Cell(str(count) if count else cells.DASH, "number") for count in counts),
                pm.Cell(str(sum(counts)), "number"),
            ),
        )
        for name, counts in table.items()
    )
    shown = pm.OverviewPage(
        title="Hand-off board",
        crumbs=(pm.Crumb("Hand-offs", reverse("list", args=["handoffs"])), pm.Crumb("Board")),
        facts="Age of the present state, by the clock.",
        sections=(
            pm.Section(
                "Open hand-offs by age",
                table=pm.Table(columns, rows, "Open hand-offs by age", "No hand-off is open."),
                button=pm.Button("All hand-offs", reverse("list", args=["handoffs"]), "handshake"),
            ),
        ),
        needs_empty="",
    )
    return render(request, "processes/board.html", {"page": shown})


@page("document", "r")
def print_revision(request: HttpRequest, key: int) -> HttpResponse:
    """The words on paper, marked as a copy nobody keeps up to date."""
    revision = resources["document_revision"].rows(request.user).select_related("document").filter(pk=key).first()
    if revision is None:
        raise Http404
    if request.method != "POST":
        return render(request, "pages/confirm.html", {"page": _ask(revision)})
    services.record_print(revision, actor=request.user)
    content = render_pdf(
        _print_html(revision, request),
        title=str(revision),
        assets=report_assets(settings.FONT_FILE),
        created=timezone.now(),
    )
    name = f"{revision.code}-uncontrolled.pdf".replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def _ask(revision: Revision) -> pm.ConfirmPage:
    return pm.ConfirmPage(
        title=f"Print {revision.code}",
        text="The copy carries a mark: it is not kept up to date. Printing is written into the history.",
        crumbs=(pm.Crumb("Revisions", reverse("list", args=["document-revisions"])), pm.Crumb("Print")),
        button=pm.Button(
            "Download PDF", reverse("print_revision", args=[revision.pk]), "printer", "pri", method="post"
        ),
        cancel_url=reverse("record", args=["document-revisions", revision.pk]),
    )


def _print_html(revision: Revision, request: HttpRequest) -> str:
    _, printed = cells.when(timezone.now(), cells.zone_of(request.user))
    report = {
        "title": revision.document.title,
        "period_label": f"{revision.code} · {revision.get_state_display()}",
        "site": revision.department.name,
        "as_of": printed,
        "report_id": revision.code,
        "klass": "uncontrolled copy",
        "lang": "en",
        "paper": "a4",
    }
    mark = (
        f"Uncontrolled copy, printed {printed} by {request.user}. Check on the platform that this revision still holds."
    )
    watermark = (
        "UNCONTROLLED COPY" if revision.state == Revision.State.EFFECTIVE else revision.get_state_display().upper()
    )
    context = {
        "report": report,
        "revision": revision,
        "signatures": revision.signatures.filter(round=revision.round, sha256=revision.sha256).order_by("pk"),
        "mark": mark,
        "watermark": watermark,
    }
    return render_to_string("processes/print.html", context)
