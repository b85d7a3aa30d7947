"""Addresses of the chart page and of values and readings in the API."""

from django.urls import path

from apps.kpis import api, views

urlpatterns = [
    path("kpis/<int:key>/chart/", views.kpi_chart, name="kpi_chart"),
]
api_urlpatterns = [
    path("kpis/<int:key>/values/", api.ValuesEndpoint.as_view(), name="api-kpis-values"),
    path("kpi-readings/bulk/", api.BulkReadings.as_view(), name="api-kpi-readings-bulk"),
]
