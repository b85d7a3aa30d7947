"""Addresses: the kernel's two doors, sign-in, and nothing else."""

from __future__ import annotations

from django.urls import include, path

urlpatterns: list[object] = [
    path("account/", include("allauth.urls")),
]
