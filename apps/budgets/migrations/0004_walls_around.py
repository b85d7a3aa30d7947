"""Walls around transfers, savings, remarks and forecasts; a forecast made is never changed, and neither is a remark."""

from django.db import migrations

from apps.core.access.rls import append_only, secure


class Migration(migrations.Migration):
    dependencies = [("budgets", "0003_transfers_savings_synonyms")]
    operations = [
        secure("budgets_transfer"),
        secure("budgets_saving"),
        secure("budgets_remark"),
        secure("budgets_outlook"),
        append_only("budgets_remark"),
        append_only("budgets_outlook"),
    ]
