"""Addresses of the home pages."""

from django.urls import path

from apps.dashboard import views

urlpatterns = [
    path("", views.home, name="home"),
    path("overview/", views.overview, name="overview"),
    path("my-work/", views.my_work, name="my_work"),
]
