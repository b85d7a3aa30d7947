"""What a policy knows of costs, price breaks and DDMRP factors; the ledger's newest first by an index."""

import django.core.validators
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_ledger"),
        ("org", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="stockpolicy",
            name="holding_rate",
            field=models.DecimalField(
                decimal_places=4,
                default=Decimal("0.2"),
                max_digits=5,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("0.0001")),
                    django.core.validators.MaxValueValidator(Decimal("9")),
                ],
            ),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="lead_factor",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("0.5"),
                max_digits=3,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("0")),
                    django.core.validators.MaxValueValidator(Decimal("1")),
                ],
            ),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="line_cost",
            field=models.DecimalField(
                decimal_places=6,
                default=Decimal("0"),
                max_digits=18,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
            ),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="order_cost",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="With it the page suggests quantities",
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="cost of an order",
            ),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="order_group",
            field=models.CharField(
                blank=True,
                help_text="Such as the supplier's name; the same for all items of an order",
                max_length=60,
                verbose_name="ordered together as",
            ),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="price_breaks",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="stockpolicy",
            name="variability",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("0.5"),
                max_digits=3,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("0")),
                    django.core.validators.MaxValueValidator(Decimal("1")),
                ],
            ),
        ),
        migrations.AddIndex(
            model_name="move",
            index=models.Index(
                models.OrderBy(models.F("effective_at"), descending=True, nulls_last=True),
                models.OrderBy(models.F("id"), descending=True),
                name="move_newest",
            ),
        ),
    ]
