"""Failures of sign-in are counted in the database; security records cannot be changed afterwards."""

import django.db.models.functions.datetime
from django.db import migrations, models

from apps.core.access.rls import append_only


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("core", "0002_walls")]
    operations = [
        migrations.CreateModel(
            name="SignInFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.CharField(max_length=220)),
                ("place", models.CharField(max_length=60)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("in_a_row", models.PositiveIntegerField(default=0)),
                ("last_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "place"), name="one row of failures per account and place"
                    )
                ],
            },
        ),
        append_only("accounts_securityevent"),
    ]
