"""Workflows, their versions, cases, steps and waits, with their walls and the sequence that numbers cases."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0002_walls"),
        ("workflows", "0001_decisions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("xml", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("published_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
            },
        ),
        migrations.CreateModel(
            name="Case",
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
                    models.CharField(
                        blank=True, help_text="Empty: the next number, such as C12", max_length=20, unique=True
                    ),
                ),
                ("title", models.CharField(max_length=160)),
                (
                    "business_key",
                    models.CharField(blank=True, help_text="Number of the order, complaint or person", max_length=120),
                ),
                (
                    "about",
                    models.CharField(
                        blank=True, help_text="The record it concerns, such as supplier:12", max_length=120
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("finished", "Finished"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="running",
                        editable=False,
                        max_length=9,
                    ),
                ),
                ("outcome", models.CharField(blank=True, editable=False, max_length=120)),
                (
                    "stuck",
                    models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="steps that need help"),
                ),
                ("engine", models.JSONField(default=dict, editable=False)),
                ("moves", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("parent_token", models.PositiveIntegerField(editable=False, null=True)),
                ("began_with", models.BigIntegerField(editable=False, null=True)),
                ("migrated_engine", models.JSONField(editable=False, null=True)),
                ("migrated_moves", models.PositiveIntegerField(editable=False, null=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.department"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="workflows.case",
                    ),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        blank=True,
                        help_text="On whose behalf its service tasks act. Empty: whoever starts it",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "starter",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "migrated_from",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workflows.revision",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="workflows.revision",
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["department", "-id"], name="case_department"),
                    models.Index(condition=models.Q(("state", "running")), fields=["revision"], name="case_running"),
                    models.Index(fields=["starter", "-id"], name="case_starter"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("parent__isnull", False)),
                        fields=("parent", "parent_token"),
                        name="a call activity starts one case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Workflow",
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
                        help_text="Short name used by other workflows, rules and files", max_length=40, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("purpose", models.TextField(blank=True, help_text="What it is for and when to start it")),
                (
                    "xml",
                    models.TextField(
                        blank=True, help_text="BPMN 2.0. Empty: a start, one task and an end", verbose_name="diagram"
                    ),
                ),
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
                "indexes": [models.Index(fields=["department", "code"], name="workflow_department")],
            },
        ),
        migrations.CreateModel(
            name="Wait",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("wait", models.PositiveIntegerField()),
                ("element", models.CharField(max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("kind", models.CharField(max_length=10)),
                ("key", models.CharField(blank=True, max_length=200)),
                ("due_at", models.DateTimeField(null=True)),
                ("left", models.IntegerField(default=0)),
                ("told", models.BooleanField(default=False)),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waits",
                        to="workflows.case",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.department"
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="waits", to="workflows.workflow"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("kind", "timer"), ("told", False)), fields=["due_at"], name="wait_due"
                    ),
                    models.Index(fields=["kind", "name", "key"], name="wait_named"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("case__isnull", False)),
                        fields=("case", "wait"),
                        name="a case waits for a thing once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("case__isnull", True)),
                        fields=("workflow", "element"),
                        name="a start is awaited once",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="revision",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="revisions", to="workflows.workflow"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="workflow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="workflows.workflow"
            ),
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.PositiveIntegerField()),
                ("parent_token", models.PositiveIntegerField(default=0)),
                ("element", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=30)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("stuck", "Needs help"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="active",
                        max_length=9,
                    ),
                ),
                ("problem", models.TextField(blank=True)),
                ("task_id", models.BigIntegerField(null=True)),
                ("entered_at", models.DateTimeField()),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="workflows.case"
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.department"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(condition=models.Q(("task_id__isnull", False)), fields=["task_id"], name="step_task"),
                    models.Index(fields=["case", "id"], name="step_order"),
                    models.Index(condition=models.Q(("left_at__isnull", True)), fields=["case"], name="step_open"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "token"), name="a token of a case is one step")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(
                fields=("workflow", "number"), name="a workflow version number is used once"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["workflow", "state"], name="case_definition"),
        ),
        secure("workflows_workflow", "inherit"),
        secure("workflows_revision", "inherit"),
        secure("workflows_case"),
        secure("workflows_step"),
        secure("workflows_wait"),
        migrations.RunSQL("CREATE SEQUENCE workflows_case_number", "DROP SEQUENCE workflows_case_number"),
    ]
