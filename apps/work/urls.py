"""Addresses of My work, the page of a task on a phone, and what lets both live without network."""

from django.urls import path

from apps.work import views

urlpatterns = [
    path("my-work/", views.my_work, name="my_work"),
    path("tasks/<int:key>/do/", views.do_task, name="do_task"),
    path("sw.js", views.service_worker, name="service_worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("offline/", views.offline, name="offline"),
]
