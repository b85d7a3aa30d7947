"""Who did a step of an imported log, and whether its beginning is known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0003_automation"),
    ]

    operations = [
        migrations.AddField(
            model_name="step",
            name="instant",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="step",
            name="performer",
            field=models.CharField(blank=True, max_length=120),
        ),
    ]
