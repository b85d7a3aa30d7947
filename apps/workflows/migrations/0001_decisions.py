"""Decision tables and their published versions."""

import apps.workflows.models.decision
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("org", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "code",
                    models.SlugField(
                        help_text="Short name used by processes, rules and files", max_length=40, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True, help_text="What is decided, and by which policy or law")),
                ("table", models.JSONField(blank=True, default=apps.workflows.models.decision.first_table)),
                ("cases", models.JSONField(blank=True, default=list)),
                (
                    "published_number",
                    models.PositiveIntegerField(editable=False, null=True, verbose_name="published version"),
                ),
                (
                    "department",
                    models.ForeignKey(
                        help_text="Who owns it; departments below may use it",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.department",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["department", "code"], name="decision_department")],
            },
        ),
        migrations.CreateModel(
            name="DecisionVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("table", models.JSONField()),
                ("published_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="workflows.decision"
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.department"
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("decision", "number"), name="a decision version number is used once"
                    )
                ],
            },
        ),
        secure("workflows_decision", "inherit"),
        secure("workflows_decisionversion", "inherit"),
    ]
