"""Addresses of one's own settings, and of API tokens in the API."""

from django.urls import path

from apps.accounts import api, linkpage, views

urlpatterns = [
    path("people/<int:key>/set-password-link/", linkpage.password_link, name="set_password_link"),
    path("settings/me/", views.settings_me, name="settings_me"),
    path("settings/tokens/", views.token_list, name="tokens"),
    path("settings/tokens/<int:key>/revoke/", views.token_revoke, name="token_revoke"),
]
api_urlpatterns = [
    path("tokens/", api.TokensEndpoint.as_view(), name="api-tokens"),
    path("tokens/<int:key>/revoke/", api.RevokeEndpoint.as_view(), name="api-tokens-revoke"),
]
