"""Addresses of the budget report and of its questions in the API."""

from django.urls import path

from apps.budgets import views

urlpatterns = [path("budgets/", views.budget_report, name="budget_report")]
