"""Addresses of the workflows pages and endpoints that are no list, record or form."""

from django.urls import path

from apps.workflows import api_decisions, views_decisions

urlpatterns = [
    path("decisions/dmn/", views_decisions.decision_import, name="decision_import"),
    path("decisions/<int:key>/table/", views_decisions.decision_table, name="decision_table"),
    path("decisions/<int:key>/try/", views_decisions.decision_try, name="decision_try"),
    path("decisions/<int:key>/decision.dmn", views_decisions.decision_file, name="decision_file"),
]
api_urlpatterns = [
    path("decisions/dmn/", api_decisions.DmnEndpoint.as_view(), name="api-decisions-dmn"),
    path("decisions/<int:key>/decide/", api_decisions.DecideEndpoint.as_view(), name="api-decisions-decide"),
]
