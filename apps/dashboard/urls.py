"""Addresses of the home pages."""

from django.urls import path

from apps.dashboard import api, views, views_own

urlpatterns = [
    path("", views.home, name="home"),
    path("overview/", views.overview, name="overview"),
    path("dashboards/", views_own.dashboards, name="dashboards"),
    path("dashboards/new/", views_own.dashboard_new, name="dashboard_new"),
    path("dashboards/<int:key>/", views_own.dashboard, name="dashboard"),
    path("dashboards/<int:key>/arrange/", views_own.dashboard_arrange, name="dashboard_arrange"),
    path("dashboards/<int:key>/copy/", views_own.dashboard_copy, name="dashboard_copy"),
    path("dashboards/<int:key>/remove/", views_own.dashboard_remove, name="dashboard_remove"),
]
api_urlpatterns = [
    path("dashboards/", api.DashboardsEndpoint.as_view(), name="api-dashboards"),
    path("dashboards/<int:key>/", api.DashboardEndpoint.as_view(), name="api-dashboard"),
]
