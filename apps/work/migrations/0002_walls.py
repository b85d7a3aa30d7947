"""Walls around tasks and approvals, and the sequence of task numbers."""

from django.db import migrations

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [("work", "0001_tasks_and_approvals"), ("core", "0002_walls")]
    operations = [
        secure("work_task", "task"),
        secure("work_series"),
        secure("work_approval", "approval"),
        secure("work_policy", "inherit"),
        secure("work_policystep", "inherit"),
        migrations.RunSQL("CREATE SEQUENCE work_task_number", "DROP SEQUENCE work_task_number"),
    ]
