"""The files of a report, for those who may take them, and the two links that mails carry."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from apps.core.access import scope
from apps.core.access.rights import require, rights_of
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.web import errors
from apps.core.web.access import page
from apps.core.web.navigation import TOP, NavPage, add_page
from apps.reports import services
from apps.reports.events import ReportDownloaded
from apps.reports.models import Dispatch, ReportRun

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

add_page(
    NavPage(
        "reports",
        "Reports",
        "file-chart-column",
        TOP,
        3,
        lambda user: rights_of(user).can_somewhere("report", "r"),
        key="r",
        url_name="report_list",
    )
)


def _readable(request: HttpRequest, key: int) -> ReportRun:
    run = ReportRun.objects.visible_to(request.user).filter(pk=key).first()
    if run is None:
        raise Http404
    require(request.user, "report", "p", run, own="requested_by_id", noun="report")
    return run  # type: ignore[no-any-return]


def _told(request: HttpRequest, run: ReportRun) -> None:
    emit(ReportDownloaded(subject=run.subject(), departments=run.departments_concerned()), actor=request.user)
    for row in Dispatch.objects.filter(run=run, person_id=request.user.pk, opened_at__isnull=True):
        services.mark_opened(row)


@page("report", "p")
def report_file(request: HttpRequest, key: int) -> HttpResponse:
    run = _readable(request, key)
    content = services.read_report(run)
    _told(request, run)
    return _file(content, f"report-{run.number}.pdf", "application/pdf", run.sha256)


@page("report", "p")
def report_workbook(request: HttpRequest, key: int) -> HttpResponse:
    run = _readable(request, key)
    content = services.read_workbook(run)
    _told(request, run)
    return _file(content, f"report-{run.number}.xlsx", WORKBOOK, run.xlsx_sha256)


def _file(content: bytes, name: str, kind: str, sha256: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["ETag"] = f'"{sha256}"'
    return response


def shared_report(request: HttpRequest, token: str) -> HttpResponse:
    """A report by the link from a mail: for whoever holds it, until it expires; every use is in the log."""
    try:
        with scope.system("opening a report by its link"):
            row = services.open_link(token)
            content = services.read_report(row.run)
            services.mark_opened(row)
            emit(ReportDownloaded(subject=row.run.subject(), departments=row.run.departments_concerned()), actor=None)
    except Refused as error:
        return errors.refused(request, error)
    return _file(content, f"report-{row.run.number}.pdf", "application/pdf", row.run.sha256)


@csrf_exempt
def leave_report(request: HttpRequest, token: str) -> HttpResponse:
    """Leaving a report from its mail: a person confirms, a mail program posts at once (RFC 8058)."""
    try:
        with scope.system("leaving a report"):
            one = services.person_of_token(token)
            if request.method == "POST":
                services.leave_pack(one, actor=one.person)
    except Refused as error:
        return errors.refused(request, error)
    return render(request, "reports/leave.html", {"pack": one.pack, "left": one.left_at is not None})
