"""Walls around requisitions, requests, orders, receipts, invoices; flows of goods and invoices are never changed."""

from django.db import migrations

from apps.core.access.rls import append_only, secure


class Migration(migrations.Migration):
    dependencies = [("procurement", "0001_suppliers_to_invoices"), ("core", "0002_walls")]
    operations = [
        secure("procurement_requisition"),
        secure("procurement_rfq"),
        secure("procurement_quotation"),
        secure("procurement_order"),
        secure("procurement_receipt"),
        secure("procurement_invoice"),
        secure("procurement_flow"),
        append_only("procurement_flow"),
    ]
