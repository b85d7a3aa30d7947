"""Addresses of the budget report and of its questions in the API."""

from django.urls import path

from apps.budgets import api, views

urlpatterns = [path("budgets/", views.budget_report, name="budget_report")]
api_urlpatterns = [
    path("budget-plans/report/", api.ReportEndpoint.as_view(), name="api-budget-report"),
    path("budget-plans/like-with-like/", api.LikeEndpoint.as_view(), name="api-budget-like-with-like"),
    path("budget-lines/check/", api.CheckEndpoint.as_view(), name="api-budget-check"),
]
