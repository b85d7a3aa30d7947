"""Addresses of the strategy page and of the tree in the API."""

from django.urls import path

from apps.strategy import api, views

urlpatterns = [path("strategy/", views.strategy, name="strategy")]
api_urlpatterns = [path("objectives/tree/", api.TreeEndpoint.as_view(), name="api-objectives-tree")]
