"""Addresses of report files; the list and record pages are the generic ones."""

from django.urls import path

from apps.core.web.access import signed_in
from apps.core.web.views_list import list_view
from apps.reports import views

urlpatterns = [
    path("reports/", signed_in(list_view), {"path": "reports"}, name="report_list"),
    path("reports/<int:key>/report.pdf", views.report_file, name="report_file"),
    path("reports/<int:key>/report.xlsx", views.report_workbook, name="report_workbook"),
    path("reports/shared/<str:token>/", views.shared_report, name="report_shared"),
    path("reports/leave/<str:token>/", views.leave_report, name="report_leave"),
]
