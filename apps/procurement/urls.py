"""Addresses of the order on paper, of the scorecards and of spend."""

from django.urls import path

from apps.procurement import api, api_records, views, views_spend

urlpatterns = [
    path("purchase-orders/<int:key>/pdf/", views.order_pdf, name="order_pdf"),
    path("purchase-orders/spend/", views_spend.supplier_spend, name="supplier_spend"),
    path("suppliers/scorecards/", views.supplier_scores, name="supplier_scores"),
]
api_urlpatterns = [
    path("purchase-orders/spend/", api.SpendEndpoint.as_view(), name="api-purchase-spend"),
    path("purchase-orders/<int:key>/progress/", api_records.ProgressEndpoint.as_view(), name="api-order-progress"),
    path("rfqs/<int:key>/comparison/", api_records.ComparisonEndpoint.as_view(), name="api-rfq-comparison"),
    path("suppliers/scores/", api_records.ScoresEndpoint.as_view(), name="api-supplier-scores"),
]
