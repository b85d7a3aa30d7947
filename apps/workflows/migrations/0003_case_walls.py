"""Row-level security for workflows and cases, and the sequence that numbers cases."""

from django.db import migrations

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_cases")]

    operations = [
        secure("workflows_definition", "inherit"),
        secure("workflows_revision", "inherit"),
        secure("workflows_case"),
        secure("workflows_step"),
        secure("workflows_wait"),
        migrations.RunSQL(
            sql=["CREATE SEQUENCE workflows_case_number"],
            reverse_sql=["DROP SEQUENCE IF EXISTS workflows_case_number"],
        ),
    ]
