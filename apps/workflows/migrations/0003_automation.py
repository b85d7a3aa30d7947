"""Automation rules, their versions, runs and steps, with their walls."""

import apps.workflows.models.rule
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from apps.core.access.rls import secure


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_imports_as_jobs"),
        ("org", "0002_walls"),
        ("workflows", "0002_cases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("code", models.SlugField(help_text="Short name used in files and logs", max_length=40, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True)),
                ("definition", models.JSONField(blank=True, default=apps.workflows.models.rule.first_definition)),
                (
                    "state",
                    models.CharField(
                        choices=[("off", "Off"), ("on", "On"), ("paused", "Paused")],
                        default="off",
                        editable=False,
                        max_length=6,
                    ),
                ),
                ("number", models.PositiveIntegerField(default=1, editable=False, verbose_name="version of the rule")),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("fact", "Something happens"),
                            ("change", "A record is added or changed"),
                            ("schedule", "At set times"),
                        ],
                        default="fact",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("watches", models.CharField(blank=True, editable=False, max_length=80, verbose_name="watches for")),
                (
                    "max_at_once",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="So many runs of this rule may go on at the same time",
                        verbose_name="runs at once",
                    ),
                ),
                (
                    "max_per_minute",
                    models.PositiveSmallIntegerField(
                        default=60,
                        help_text="More than this many in a minute pause the rule",
                        verbose_name="runs a minute",
                    ),
                ),
                (
                    "expect_every_hours",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Alarm when it has not run for so long. Empty: never",
                        null=True,
                        verbose_name="expected every … hours",
                    ),
                ),
                (
                    "dry_run_number",
                    models.PositiveIntegerField(editable=False, null=True, verbose_name="version last dry-run"),
                ),
                ("paused_reason", models.CharField(blank=True, editable=False, max_length=300)),
                ("missed_at", models.DateTimeField(editable=False, null=True)),
                ("switched_at", models.DateTimeField(editable=False, null=True)),
                ("next_due_at", models.DateTimeField(editable=False, null=True)),
                ("last_run_at", models.DateTimeField(editable=False, null=True)),
                ("served_at", models.DateTimeField(editable=False, null=True)),
                (
                    "department",
                    models.ForeignKey(
                        help_text="It watches this department and those below",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.department",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        help_text="Whoever saved it last; it runs with this person's rights",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(condition=models.Q(("state", "on")), fields=["watches"], name="rule_watches"),
                    models.Index(
                        condition=models.Q(("next_due_at__isnull", False), ("state", "on")),
                        fields=["next_due_at"],
                        name="rule_due",
                    ),
                    models.Index(fields=["department", "code"], name="rule_department"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("max_at_once__gte", 1), ("max_at_once__lte", 20)),
                        name="a rule has 1 to 20 runs at once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_per_minute__gte", 1), ("max_per_minute__lte", 6000)),
                        name="a rule has 1 to 6000 runs a minute",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("definition", models.JSONField()),
                ("saved_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.department"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="workflows.rule"
                    ),
                ),
                (
                    "saved_by",
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
                    models.UniqueConstraint(fields=("rule", "number"), name="a rule version number is used once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("planned_at", models.DateTimeField(null=True)),
                ("about", models.CharField(blank=True, max_length=120)),
                ("depth", models.PositiveSmallIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped by a guard"),
                            ("dismiss", "Put aside"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="next step")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("available_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease_until", models.DateTimeField(null=True)),
                ("worker", models.CharField(blank=True, max_length=60)),
                ("problem", models.CharField(blank=True, max_length=1000)),
                ("permanent", models.BooleanField(default=False)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.department"
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.event"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="workflows.run",
                        verbose_name="caused by",
                    ),
                ),
                (
                    "replay_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replays",
                        to="workflows.run",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="workflows.rule"
                    ),
                ),
                (
                    "rule_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="workflows.ruleversion"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=["available_at"],
                        name="run_open",
                    ),
                    models.Index(fields=["rule", "-id"], name="run_rule"),
                    models.Index(fields=["department", "-id"], name="run_department"),
                    models.Index(condition=models.Q(("state", "running")), fields=["rule"], name="run_running"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replay_of__isnull", True)),
                        fields=("rule", "event"),
                        name="an event fires a rule once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("event__isnull", True), ("replay_of__isnull", True)),
                        fields=("rule", "planned_at", "about"),
                        name="a planned time fires a rule once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "running"), _negated=True),
                            ("lease_until__isnull", False),
                            _connector="OR",
                        ),
                        name="a running run has a lease",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RunStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("index", models.PositiveSmallIntegerField()),
                ("label", models.CharField(max_length=120)),
                ("done", models.BooleanField(default=False)),
                ("attempts", models.PositiveSmallIntegerField(default=1)),
                ("given", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("problem", models.CharField(blank=True, max_length=1000)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="org.department"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="workflows.run"
                    ),
                ),
            ],
            options={
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(fields=("run", "index"), name="a run does a step once")],
            },
        ),
        secure("workflows_rule"),
        secure("workflows_ruleversion"),
        secure("workflows_run"),
        secure("workflows_runstep"),
    ]
