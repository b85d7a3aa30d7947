"""Readings as they came, and their additive rollups."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department


class ReadingBatch(Noun):
    """Readings that came together: a file, an API call, a form. Its rows are rolled up once."""

    class Source(models.TextChoices):
        FORM = "form", "Form"
        FILE = "file", "File"
        API = "api", "API"
        SYSTEM = "system", "System"

    RESOURCE: ClassVar[str] = "reading_batch"
    ACCESS_ROW: ClassVar[str] = "kpi_value"
    OWN_FIELD: ClassVar[str] = "sender_id"

    source = models.CharField(max_length=6, choices=Source.choices)
    note = models.CharField(max_length=200, blank=True)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    corrected = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    rolled_up_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["id"], name="batch_pending", condition=Q(rolled_up_at__isnull=True)),
            models.Index(fields=["department", "-id"], name="batch_department"),
        ]

    def __str__(self) -> str:
        return f"{self.rows} readings, {self.get_source_display().lower()}"


class Reading(models.Model):
    """One measured value. Range-partitioned by month; written by COPY and SQL only, so the model is for reading."""

    pk = models.CompositePrimaryKey("kpi_id", "department_id", "at")
    kpi_id = models.BigIntegerField()
    department_id = models.BigIntegerField()
    at = models.DateTimeField()
    value = models.DecimalField(max_digits=24, decimal_places=6)
    weight = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    batch_id = models.BigIntegerField()
    corrected = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        managed = False
        db_table = "kpis_reading"


class Rollup(models.Model):
    """Additive parts of one KPI, department and period; values are computed from them by the KPI's rule."""

    pk = models.CompositePrimaryKey("kpi_id", "department_id", "grain", "start")
    kpi_id = models.BigIntegerField()
    department_id = models.BigIntegerField()
    grain = models.CharField(max_length=5)
    start = models.DateTimeField()
    count = models.BigIntegerField()
    total = models.DecimalField(max_digits=30, decimal_places=6)
    weight = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    products = models.DecimalField(max_digits=40, decimal_places=12, null=True)
    squares = models.DecimalField(max_digits=40, decimal_places=12)
    minimum = models.DecimalField(max_digits=24, decimal_places=6)
    maximum = models.DecimalField(max_digits=24, decimal_places=6)
    first_at = models.DateTimeField()
    first_value = models.DecimalField(max_digits=24, decimal_places=6)
    last_at = models.DateTimeField()
    last_value = models.DecimalField(max_digits=24, decimal_places=6)
    updated_at = models.DateTimeField(db_default=Now())

    objects = ScopedManager()

    class Meta:
        managed = False
        db_table = "kpis_rollup"
