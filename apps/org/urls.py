"""Address of the set-up page."""

from django.urls import path

from apps.org import firstadmin

urlpatterns = [path("setup/<str:text>/", firstadmin.first_admin, name="first_admin")]
