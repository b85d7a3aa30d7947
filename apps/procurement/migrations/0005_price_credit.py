"""A credit may be for the price alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("procurement", "0004_proposal"),
    ]

    operations = [
        migrations.AlterField(
            model_name="invoice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invoice", "Invoice"),
                    ("credit", "Credit note"),
                    ("price", "Credit for price alone"),
                ],
                default="invoice",
                max_length=7,
            ),
        ),
    ]
