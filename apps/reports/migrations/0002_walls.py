"""Row-level security for reports."""

from django.db import migrations

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("core", "0002_walls")]
    operations = [secure("reports_reportrun")]
