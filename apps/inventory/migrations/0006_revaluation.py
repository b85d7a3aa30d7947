"""What a receipt turned out to cost, beside the ledger and as unchangeable."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.core.access.rls import append_only, secure


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0005_proposal_states"),
        ("org", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Revaluation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=18)),
                ("each", models.DecimalField(decimal_places=6, max_digits=18)),
                ("document", models.CharField(max_length=120)),
                ("effective_at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.department"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="inventory.item"
                    ),
                ),
                (
                    "move",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="revaluations", to="inventory.move"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["item", "effective_at"], name="revaluation_item")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="a revaluation is of a quantity above zero"
                    )
                ],
            },
        ),
        secure("inventory_revaluation"),
        append_only("inventory_revaluation"),
    ]
