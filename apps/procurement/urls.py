"""Addresses of the order on paper and of the scorecards."""

from django.urls import path

from apps.procurement import views

urlpatterns = [
    path("purchase-orders/<int:key>/pdf/", views.order_pdf, name="order_pdf"),
    path("suppliers/scorecards/", views.supplier_scores, name="supplier_scores"),
]
