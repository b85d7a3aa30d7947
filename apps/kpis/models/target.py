"""Targets: what a KPI should reach from a date on, with bands, a stretch goal and a season."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.kpis.models.definition import Definition, Direction, Grain
from apps.org.models import Department

SEASON = r"^\s*\d{1,3}(\.\d{1,4})?(\s*;\s*\d{1,3}(\.\d{1,4})?){11}\s*$"


@dataclass(frozen=True, slots=True)
class Limits:
    """A target's limits on one day, the season applied."""

    target: Decimal
    amber: Decimal
    upper_target: Decimal | None = None
    upper_amber: Decimal | None = None
    stretch: Decimal | None = None

    def tone(self, value: Decimal | None, direction: str) -> str:
        """good, warn or bad; a value on a limit belongs to the better side."""
        if value is None:
            return "idle"
        if direction == Direction.HIGHER:
            return "good" if value >= self.target else "warn" if value >= self.amber else "bad"
        if direction == Direction.LOWER:
            return "good" if value <= self.target else "warn" if value <= self.amber else "bad"
        upper = self.upper_target if self.upper_target is not None else self.target
        upper_amber = self.upper_amber if self.upper_amber is not None else upper
        if self.target <= value <= upper:
            return "good"
        return "warn" if self.amber <= value <= upper_amber else "bad"

    def stretched(self, value: Decimal | None, direction: str) -> bool:
        """Whether the stretch goal is reached too."""
        if value is None or self.stretch is None:
            return False
        return value <= self.stretch if direction == Direction.LOWER else value >= self.stretch


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
        choices=Grain.choices,
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
    stretch = models.DecimalField(
        "stretch goal", max_digits=20, decimal_places=6, null=True, blank=True, help_text="Beyond the target, to aim at"
    )
    season = models.CharField(
        max_length=150,
        blank=True,
        validators=[RegexValidator(SEASON, "Write twelve factors for January to December, such as 0.8; 0.9; 1; …")],
        help_text="Twelve factors for January to December that multiply all limits, such as 0.8; 0.9; 1; … Empty: none",
    )

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

    def limits_on(self, day: date) -> Limits:
        """The limits that count on this day."""
        factor = Decimal(self.season.split(";")[day.month - 1].strip()) if self.season else Decimal(1)
        scaled = [
            None if one is None else one * factor
            for one in (self.target, self.amber, self.upper_target, self.upper_amber, self.stretch)
        ]
        return Limits(*scaled)  # type: ignore[arg-type]

    def tone(self, value: Decimal | None, direction: str, day: date) -> str:
        return self.limits_on(day).tone(value, direction)
