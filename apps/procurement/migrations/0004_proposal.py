"""A requisition knows the stock proposal it was written for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0005_proposal_states"),
        ("procurement", "0003_tax_freight_credit"),
    ]

    operations = [
        migrations.AddField(
            model_name="requisition",
            name="proposal",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="requisition",
                to="inventory.proposal",
            ),
        ),
    ]
