"""The file of a report, for those who may take it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from apps.core.access.rights import require, rights_of
from apps.core.events.log import emit
from apps.core.web.access import page
from apps.core.web.navigation import TOP, NavPage, add_page
from apps.reports import services
from apps.reports.events import ReportDownloaded
from apps.reports.models import ReportRun

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


@page("report", "p")
def report_file(request: HttpRequest, key: int) -> HttpResponse:
    run = ReportRun.objects.visible_to(request.user).filter(pk=key).first()
    if run is None:
        raise Http404
    require(request.user, "report", "p", run, own="requested_by_id", noun="report")
    content = services.read_report(run)
    emit(ReportDownloaded(subject=run.subject(), departments=run.departments_concerned()), actor=request.user)
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="weekly-report-{run.number}.pdf"'
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["ETag"] = f'"{run.sha256}"'
    return response
