"""Addresses: sign-in, the API door and the screen door."""

from __future__ import annotations

from django.urls import include, path

urlpatterns: list[object] = [
    path("account/", include("allauth.urls")),
    path("api/v1/", include("apps.core.api.urls")),
    path("", include("apps.core.web.urls")),
]

handler400 = "apps.core.web.errors.bad_request"
handler403 = "apps.core.web.errors.forbidden"
handler404 = "apps.core.web.errors.not_found"
handler500 = "apps.core.web.errors.server_error"
