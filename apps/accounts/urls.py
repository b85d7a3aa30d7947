"""Addresses of one's own settings."""

from django.urls import path

from apps.accounts import views

urlpatterns = [
    path("settings/me/", views.settings_me, name="settings_me"),
    path("settings/tokens/", views.token_list, name="tokens"),
    path("settings/tokens/<int:key>/revoke/", views.token_revoke, name="token_revoke"),
]
