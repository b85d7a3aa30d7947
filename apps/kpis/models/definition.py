"""KPI definitions and their dated versions: what is counted, how it adds up, which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Replace

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department


class Rule(models.TextChoices):
    """How readings of a period become one value."""

    SUM = "sum", "Sum"
    MEAN = "mean", "Mean"
    WEIGHTED = "weighted", "Weighted mean"
    RATIO = "ratio", "Ratio of sums"
    LAST = "last", "Last value"
    MAX = "max", "Largest value"
    MIN = "min", "Smallest value"
    PERCENTILE = "percentile", "Percentile"


class Across(models.TextChoices):
    """How departments join, where it differs from how time joins (stock: last over time, sum over departments)."""

    SAME = "", "As over time"
    SUM = "sum", "Sum of departments"
    MEAN = "mean", "Mean of departments"
    MAX = "max", "Largest department"
    MIN = "min", "Smallest department"


class Direction(models.TextChoices):
    HIGHER = "higher", "Higher is better"
    LOWER = "lower", "Lower is better"
    RANGE = "range", "Within a range is better"


class Grain(models.TextChoices):
    HOUR = "hour", "Hour"
    DAY = "day", "Day"
    WEEK = "week", "Week"
    MONTH = "month", "Month"


class Origin(models.TextChoices):
    """Where the values come from."""

    READINGS = "readings", "Readings (form, file or API)"
    FORMULA = "formula", "Formula over other KPIs"
    METRIC = "metric", "Records of the platform"


@dataclass(frozen=True, slots=True)
class Parts:
    """The additive parts of one period from which any rule computes its value."""

    count: int
    total: Decimal
    weight: Decimal | None
    products: Decimal | None
    minimum: Decimal
    maximum: Decimal
    last: Decimal
    quantile: Decimal | None = None

    def named(self) -> Mapping[str, Decimal | None]:
        """The parts as names that a formula over a KPI's own readings may use."""
        mean = self.total / self.count
        return {
            "readings": Decimal(self.count),
            "total": self.total,
            "weight": self.weight,
            "smallest": self.minimum,
            "largest": self.maximum,
            "last": self.last,
            "average": mean,
        }


OWN_NAMES = ("readings", "total", "weight", "smallest", "largest", "last", "average")


class Computation(models.Model):
    """What makes a value out of parts; shared by a definition and its frozen versions."""

    unit = models.CharField(max_length=12, blank=True, help_text="Such as %, d, pcs, €/h")
    rule = models.CharField("roll-up rule", max_length=10, choices=Rule.choices, default=Rule.SUM)
    across = models.CharField(
        "across departments",
        max_length=4,
        choices=Across.choices,
        blank=True,
        default=Across.SAME,
        help_text="How departments join. Stock, for example, takes the last value over time and sums departments",
    )
    quantile = models.DecimalField(
        "percentile",
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        help_text="Only for the percentile rule: 50 is the median, 95 leaves 5 % above",
    )
    factor = models.DecimalField(
        max_digits=12,
        decimal_places=4,
        default=Decimal(1),
        help_text="Multiplies the value shown; 100 turns a ratio into per cent",
    )
    direction = models.CharField(max_length=6, choices=Direction.choices, default=Direction.HIGHER)
    origin = models.CharField("values come from", max_length=8, choices=Origin.choices, default=Origin.READINGS)
    formula = models.CharField(
        max_length=500,
        blank=True,
        help_text="Over codes of other KPIs, such as good / produced * 100 (write _ for -), or over own readings:"
        f" {', '.join(OWN_NAMES)}",
    )
    metric = models.CharField(
        "figure of the platform", max_length=60, blank=True, help_text="Only for values from records of the platform"
    )

    class Meta:
        abstract = True

    def value_of(self, parts: Parts | None) -> Decimal | None:
        """The one rule that turns parts into a value; no data or a zero denominator is no value, never 0."""
        if parts is None or not parts.count:
            return None
        found = self._by_rule(parts)
        return None if found is None else found * self.factor

    def _by_rule(self, parts: Parts) -> Decimal | None:
        match self.rule:
            case Rule.SUM:
                return parts.total
            case Rule.MEAN:
                return parts.total / parts.count
            case Rule.RATIO:
                return parts.total / parts.weight if parts.weight else None
            case Rule.WEIGHTED:
                return parts.products / parts.weight if parts.weight and parts.products is not None else None
            case Rule.LAST:
                return parts.last
            case Rule.MAX:
                return parts.maximum
            case Rule.MIN:
                return parts.minimum
        return parts.quantile


COMPUTATION = ("unit", "rule", "across", "quantile", "factor", "direction", "origin", "formula", "metric")


class Definition(Noun, Computation):
    """A key performance indicator as it is computed now; its versions say how older periods are computed."""

    RESOURCE: ClassVar[str] = "kpi"
    ACCESS_ROW: ClassVar[str] = "kpi"
    INHERIT: ClassVar[bool] = True

    code = models.SlugField(max_length=40, unique=True, help_text="Short name used in files and formulas")
    name = models.CharField(max_length=80)
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
    signal_rules = models.CharField(
        max_length=23,
        blank=True,
        validators=[
            RegexValidator(r"^[1-8](, ?[1-8])*$", "Write Nelson rules 1 to 8 with commas between, such as 1, 2, 5.")
        ],
        help_text="Nelson rules 1 to 8 shown on the chart, such as 1, 2, 5. Empty: the four rules of Making Data Count",
    )
    baseline_points = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Process limits come from this many first points. Empty: from all points"
    )

    restated_at = models.DateTimeField(null=True, editable=False)
    dated = models.BooleanField(default=False, editable=False, help_text="Older periods have another version")

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(decimals__lte=6), name="a KPI shows at most six decimals"),
            models.CheckConstraint(condition=~Q(factor=0), name="a KPI factor is not zero"),
            models.UniqueConstraint(
                Replace(F("code"), Value("-"), Value("_")), name="KPI codes differ by more than - and _"
            ),
            models.CheckConstraint(
                condition=~Q(origin="formula") | ~Q(formula=""), name="a KPI computed by formula has a formula"
            ),
            models.CheckConstraint(
                condition=~Q(origin="metric") | ~Q(metric=""), name="a KPI from records names its figure"
            ),
            models.CheckConstraint(
                condition=~Q(rule="percentile") | Q(quantile__gt=0, quantile__lt=100),
                name="a percentile lies between 0 and 100",
            ),
            models.CheckConstraint(
                condition=Q(baseline_points__isnull=True) | Q(baseline_points__gte=5),
                name="a baseline has at least five points",
            ),
        ]
        indexes = [models.Index(fields=["department", "position"], name="kpi_department")]

    def __str__(self) -> str:
        return self.name

    @property
    def nelson_rules(self) -> frozenset[int]:
        return frozenset(int(one) for one in self.signal_rules.split(",") if one.strip())

    @property
    def formula_name(self) -> str:
        """How formulas call this KPI."""
        return self.code.replace("-", "_")


class Version(Noun, Computation):
    """How a KPI is computed for periods that begin on or after a day, until a later version takes over."""

    RESOURCE: ClassVar[str] = "kpi_version"
    ACCESS_ROW: ClassVar[str] = "kpi"
    INHERIT: ClassVar[bool] = True

    kpi = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="versions", verbose_name="KPI")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    valid_from = models.DateField(null=True, help_text="Empty: from the beginning")
    reason = models.CharField(max_length=300, blank=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["kpi", "number"], name="a KPI version number is used once"),
            models.UniqueConstraint(
                fields=["kpi", "valid_from"],
                nulls_distinct=False,
                condition=Q(archived_at__isnull=True),
                name="a KPI has one version from a day on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kpi}, version {self.number}"
