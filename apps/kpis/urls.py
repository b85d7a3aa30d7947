"""Addresses of the chart page and of values and readings in the API."""

from django.urls import path

from apps.kpis import api, api_explore, api_forecast, api_origin, api_watch, views, views_explore, views_origin

urlpatterns = [
    path("kpis/explore/", views_explore.kpi_explore, name="kpi_explore"),
    path("kpis/explore/save/", views_explore.kpi_explore_save, name="kpi_explore_save"),
    path("kpis/explore/views/<int:key>/delete/", views_explore.kpi_explore_delete, name="kpi_explore_delete"),
    path("kpis/explore/export.<str:kind>", views_explore.kpi_explore_export, name="kpi_explore_export"),
    path("kpis/<int:key>/chart/", views.kpi_chart, name="kpi_chart"),
    path("kpis/<int:key>/origin/", views_origin.kpi_origin, name="kpi_origin"),
]
api_urlpatterns = [
    path("kpis/explore/", api_explore.ExploreEndpoint.as_view(), name="api-kpis-explore"),
    path("kpis/<int:key>/values/", api.ValuesEndpoint.as_view(), name="api-kpis-values"),
    path("kpis/<int:key>/forecast/", api_forecast.ForecastEndpoint.as_view(), name="api-kpis-forecast"),
    path("kpis/<int:key>/origin/", api_origin.OriginEndpoint.as_view(), name="api-kpis-origin"),
    path("kpi-watches/<int:key>/trial/", api_watch.TrialEndpoint.as_view(), name="api-kpi-watch-trial"),
    path("kpi-readings/bulk/", api.BulkReadings.as_view(), name="api-kpi-readings-bulk"),
]
