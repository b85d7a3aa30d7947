"""Addresses of the budget report and of its questions in the API."""

from django.urls import path

from apps.budgets import api, mappingapi, mappingpage, qualityapi, qualitypage, views

urlpatterns = [
    path("budgets/", views.budget_report, name="budget_report"),
    path("budgets/quality/", qualitypage.quality_report, name="budget_quality"),
    path("budget-entries/import/<int:key>/", mappingpage.ledger_file, name="ledger_file"),
    path("budget-entries/import/<int:key>/spellings/", mappingpage.spellings, name="budget_spellings"),
]
api_urlpatterns = [
    path("budget-plans/report/", api.ReportEndpoint.as_view(), name="api-budget-report"),
    path("budget-plans/quality-costs/", qualityapi.QualityEndpoint.as_view(), name="api-budget-quality"),
    path("budget-plans/like-with-like/", api.LikeEndpoint.as_view(), name="api-budget-like-with-like"),
    path("budget-entries/spellings/", mappingapi.SpellingsEndpoint.as_view(), name="api-budget-spellings"),
    path("budget-lines/check/", api.CheckEndpoint.as_view(), name="api-budget-check"),
]
