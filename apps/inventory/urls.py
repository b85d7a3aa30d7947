"""Addresses of the pages of stock that are no list, record or form."""

from django.urls import path

from apps.inventory import api, production_page, standing_pages, views

urlpatterns = [
    path("stock/scan/", views.stock_scan, name="stock_scan"),
    path("stock/produce/", production_page.stock_produce, name="stock_produce"),
    path("stock/as-of/", views.stock_as_of, name="stock_as_of"),
    path("stock/points/", standing_pages.stock_positions, name="stock_positions"),
    path("stock/classes/", standing_pages.stock_abc, name="stock_abc"),
    path("stock-counts/<int:key>/do/", views.count_do, name="count_do"),
    path("items/<int:key>/demand/", views.item_demand, name="item_demand"),
    path("items/<int:key>/label.pdf", views.item_label, name="item_label"),
]
api_urlpatterns = [
    path("items/positions/", standing_pages.PositionsEndpoint.as_view(), name="api-items-positions"),
    path("items/abc/", standing_pages.ClassesEndpoint.as_view(), name="api-items-abc"),
    path("items/<int:key>/stock/", api.StockEndpoint.as_view(), name="api-items-stock"),
    path("items/<int:key>/worth/", api.WorthEndpoint.as_view(), name="api-items-worth"),
    path("items/<int:key>/forecast/", api.ForecastEndpoint.as_view(), name="api-items-forecast"),
    path("lots/<int:key>/genealogy/", api.GenealogyEndpoint.as_view(), name="api-lots-genealogy"),
    path("stock-moves/produce/", api.ProduceEndpoint.as_view(), name="api-stock-moves-produce"),
]
