"""An item knows its own safety stock and reorder point, over all places."""

import django.core.validators
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0003_replenishment"),
    ]

    operations = [
        migrations.AddField(
            model_name="item",
            name="reorder_point",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="Of all places together",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="safety_stock",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="Of all places together",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
            ),
        ),
    ]
