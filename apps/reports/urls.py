"""Addresses of report files; the list and record pages are the generic ones."""

from django.urls import path

from apps.core.web.access import signed_in
from apps.core.web.views_list import list_view
from apps.reports import views

urlpatterns = [
    path("reports/", signed_in(list_view), {"path": "reports"}, name="report_list"),
    path("reports/<int:key>/report.pdf", views.report_file, name="report_file"),
]
