"""Addresses of the hand-off board and of printing a revision."""

from django.urls import path

from apps.processes import views

urlpatterns = [
    path("handoffs/board/", views.handoff_board, name="handoff_board"),
    path("document-revisions/<int:key>/print/", views.print_revision, name="print_revision"),
]
