"""What is measured: definitions, readings, rollups and targets."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department


class Definition(Noun):
    """A key performance indicator: what is counted, how it adds up, which way is better."""

    class Rule(models.TextChoices):
        SUM = "sum", "Sum"
        MEAN = "mean", "Mean"
        LAST = "last", "Last value"
        RATIO = "ratio", "Ratio of sums"

    class Direction(models.TextChoices):
        HIGHER = "higher", "Higher is better"
        LOWER = "lower", "Lower is better"
        RANGE = "range", "Within a range is better"

    class Grain(models.TextChoices):
        HOUR = "hour", "Hour"
        DAY = "day", "Day"
        WEEK = "week", "Week"
        MONTH = "month", "Month"

    RESOURCE: ClassVar[str] = "kpi"
    ACCESS_ROW: ClassVar[str] = "kpi"
    INHERIT: ClassVar[bool] = True

    code = models.SlugField(max_length=40, unique=True, help_text="Short name used in files and formulas")
    name = models.CharField(max_length=80)
    unit = models.CharField(max_length=12, blank=True, help_text="Such as %, d, pcs")
    rule = models.CharField("roll-up rule", max_length=5, choices=Rule.choices, default=Rule.SUM)
    factor = models.DecimalField(
        max_digits=12,
        decimal_places=4,
        default=Decimal(1),
        help_text="Multiplies the value shown; 100 turns a ratio into per cent",
    )
    direction = models.CharField(max_length=6, choices=Direction.choices, default=Direction.HIGHER)
    grain = models.CharField("natural period", max_length=5, choices=Grain.choices, default=Grain.DAY)
    decimals = models.PositiveSmallIntegerField(default=1)
    description = models.TextField(blank=True)
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who owns the definition; departments below see it",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    on_overview = models.BooleanField("on the overview", default=False)
    position = models.PositiveSmallIntegerField(default=100)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(decimals__lte=6), name="a KPI shows at most six decimals"),
            models.CheckConstraint(condition=~Q(factor=0), name="a KPI factor is not zero"),
        ]
        indexes = [models.Index(fields=["department", "position"], name="kpi_department")]

    def __str__(self) -> str:
        return self.name

    def value(
        self, total: Decimal | None, weight: Decimal | None, count: int | None, last: Decimal | None
    ) -> Decimal | None:
        """The one rule that turns summed parts into a value; no data or a zero denominator is no value, never 0."""
        if not count:
            return None
        if self.rule == self.Rule.LAST:
            return None if last is None else last * self.factor
        if self.rule == self.Rule.SUM:
            return None if total is None else total * self.factor
        divisor = Decimal(count) if self.rule == self.Rule.MEAN else weight
        if total is None or not divisor:
            return None
        return total / divisor * self.factor


class Target(Noun):
    """What a KPI should reach from a date on, with the limit between at risk and off target."""

    RESOURCE: ClassVar[str] = "kpi_target"
    ACCESS_ROW: ClassVar[str] = "kpi"
    INHERIT: ClassVar[bool] = True

    kpi = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="targets", verbose_name="KPI")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    per = models.CharField(
        "counts per",
        max_length=5,
        choices=Definition.Grain.choices,
        blank=True,
        help_text="For sums: the period this target counts for. Empty: every period",
    )
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    target = models.DecimalField(max_digits=20, decimal_places=6, help_text="On target from here on")
    amber = models.DecimalField(
        "at-risk limit", max_digits=20, decimal_places=6, help_text="At risk up to here, off target beyond"
    )
    upper_target = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Only for KPIs that should stay within a range",
    )
    upper_amber = models.DecimalField("upper at-risk limit", max_digits=20, decimal_places=6, null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            ExclusionConstraint(
                name="a KPI has one target per department at a time",
                expressions=[
                    ("kpi", RangeOperators.EQUAL),
                    ("department", RangeOperators.EQUAL),
                    ("per", RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_until"),
                            Value("[)"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="a target ends after it begins",
            ),
        ]
        indexes = [models.Index(fields=["kpi", "department", "-valid_from"], name="target_kpi")]

    def __str__(self) -> str:
        return f"{self.kpi}: {self.target.normalize():f}"

    def tone(self, value: Decimal | None, direction: str) -> str:
        """good, warn or bad; a value on a limit belongs to the better side."""
        if value is None:
            return "idle"
        if direction == Definition.Direction.HIGHER:
            return "good" if value >= self.target else "warn" if value >= self.amber else "bad"
        if direction == Definition.Direction.LOWER:
            return "good" if value <= self.target else "warn" if value <= self.amber else "bad"
        upper = self.upper_target if self.upper_target is not None else self.target
        upper_amber = self.upper_amber if self.upper_amber is not None else upper
        if self.target <= value <= upper:
            return "good"
        return "warn" if self.amber <= value <= upper_amber else "bad"


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
