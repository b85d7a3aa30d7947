"""Addresses for other systems, and of signing secrets."""

from django.urls import path

from apps.integrations import api, views

urlpatterns = [
    path("hooks/in/<str:key>/", views.receive, name="hook_receive"),
    path("webhooks/<int:key>/secret/", views.secret, {"path": "webhooks"}, name="webhook_secret"),
    path("inbound-hooks/<int:key>/secret/", views.secret, {"path": "inbound-hooks"}, name="hook_secret"),
]
api_urlpatterns = [
    path("webhooks/<int:key>/secret/", api.WebhookSecretEndpoint.as_view(), name="api-webhooks-secret"),
    path("inbound-hooks/<int:key>/secret/", api.HookSecretEndpoint.as_view(), name="api-inbound-hooks-secret"),
]
