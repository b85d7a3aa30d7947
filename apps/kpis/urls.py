"""Addresses of the chart page and of values and readings in the API."""

from django.urls import path

from apps.kpis import api, api_origin, views, views_origin

urlpatterns = [
    path("kpis/<int:key>/chart/", views.kpi_chart, name="kpi_chart"),
    path("kpis/<int:key>/origin/", views_origin.kpi_origin, name="kpi_origin"),
]
api_urlpatterns = [
    path("kpis/<int:key>/values/", api.ValuesEndpoint.as_view(), name="api-kpis-values"),
    path("kpis/<int:key>/origin/", api_origin.OriginEndpoint.as_view(), name="api-kpis-origin"),
    path("kpi-readings/bulk/", api.BulkReadings.as_view(), name="api-kpi-readings-bulk"),
]
