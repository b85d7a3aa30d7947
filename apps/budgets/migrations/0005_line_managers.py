"""Lines are read with their names; links to them stay plain."""

import django.db.models.manager
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("budgets", "0004_walls_around"),
    ]

    operations = [
        migrations.AlterModelManagers(
            name="line",
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("plain", django.db.models.manager.Manager()),
            ],
        ),
    ]
