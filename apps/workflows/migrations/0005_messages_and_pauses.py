"""Messages kept for who waits later, and since when a rule is paused."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0002_walls"),
        ("workflows", "0004_logs"),
    ]

    operations = [
        migrations.AddField(
            model_name="rule",
            name="paused_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="paused since"),
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=200, verbose_name="message")),
                (
                    "key",
                    models.CharField(
                        blank=True, help_text="Only who waits for this key takes it", max_length=200, verbose_name="for"
                    ),
                ),
                ("values", models.JSONField(blank=True, default=dict)),
                ("event_id", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("kept", "Nobody waits yet"),
                            ("taken", "Taken"),
                            ("expired", "Expired"),
                            ("discard", "Thrown away"),
                        ],
                        default="kept",
                        max_length=7,
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="kept until")),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.department"
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="taken_messages",
                        to="workflows.case",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "kept")), fields=["name", "key", "id"], name="message_kept"
                    ),
                    models.Index(condition=models.Q(("state", "kept")), fields=["expires_at"], name="message_expiry"),
                    models.Index(fields=["department", "-id"], name="message_department"),
                ],
                "constraints": [models.UniqueConstraint(fields=("event_id",), name="a message is kept once")],
            },
        ),
        secure("workflows_message"),
    ]
