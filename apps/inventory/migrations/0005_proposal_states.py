"""A proposal is requested and ordered before it is received."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0004_points"),
    ]

    operations = [
        migrations.AlterField(
            model_name="proposal",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Proposed"),
                    ("accepted", "Accepted"),
                    ("requested", "Requested"),
                    ("ordered", "Ordered"),
                    ("done", "Received"),
                    ("dismissed", "Dismissed"),
                ],
                default="open",
                editable=False,
                max_length=9,
            ),
        ),
    ]
