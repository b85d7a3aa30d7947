"""A closed period ends with the company's day (the connection tells its zone), not with the day of UTC."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("apps.inventory.migrations.0002_ledger").APPLY.split("CREATE TRIGGER")[0]
BEFORE = BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
UTC, SITE = "AT TIME ZONE 'UTC'", "AT TIME ZONE coalesce(nullif(current_setting('ops.time_zone', true), ''), 'UTC')"
AFTER = BEFORE.replace(UTC, SITE)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0006_revaluation")]
    operations = [migrations.RunSQL(AFTER, BEFORE)]
