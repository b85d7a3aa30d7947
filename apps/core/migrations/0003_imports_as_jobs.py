"""Large files are checked and imported by a job, which the batch names."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_walls")]

    operations = [
        migrations.AddField("importbatch", "job_id", models.BigIntegerField(null=True)),
        migrations.AlterField(
            "importbatch",
            "state",
            models.CharField(
                choices=[
                    ("new", "Not checked yet"),
                    ("checked", "Checked"),
                    ("imported", "Imported"),
                    ("refused", "Refused"),
                    ("undone", "Undone"),
                ],
                default="checked",
                max_length=10,
            ),
        ),
    ]
