"""Budget plans in versions and their lines: what was decided, by department, category, site, project and period."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.core.access.scope import OpenManager, ScopedManager, ScopedQuerySet
from apps.core.models import Noun
from apps.org.models import Department, Site

AMOUNT: dict[str, Any] = {"max_digits": 20, "decimal_places": 4}
PER_CENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1000))]


class Category(Noun):
    """What money is spent on or comes from; may carry a class of the cost of quality."""

    class Nature(models.TextChoices):
        EXPENSE = "expense", "Expense"
        REVENUE = "revenue", "Revenue"
        BALANCE = "balance", "Balance sheet"
        UNITS = "units", "Not money"

    class Quality(models.TextChoices):
        PREVENTION = "prevent", "Prevention"
        APPRAISAL = "appraise", "Appraisal"
        INTERNAL = "internal", "Internal failure"
        EXTERNAL = "external", "External failure"

    RESOURCE: ClassVar[str] = "budget_category"
    ACCESS_ROW: ClassVar[str] = "site"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    nature = models.CharField(max_length=7, choices=Nature.choices, default=Nature.EXPENSE)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children", verbose_name="part of"
    )
    quality = models.CharField(
        "cost of quality", max_length=8, choices=Quality.choices, blank=True, help_text="Empty: not a cost of quality"
    )

    objects = OpenManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="a category is no part of itself")
        ]

    def __str__(self) -> str:
        return self.name


class Plan(Noun):
    """One version of the budget of a department for a fiscal year; approved it never changes again."""

    class Version(models.TextChoices):
        ORIGINAL = "original", "Original"
        REVISED = "revised", "Revised"
        FORECAST = "forecast", "Forecast"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        REPLACED = "replaced", "Replaced"

    class Rhythm(models.TextChoices):
        MONTH = "month", "Months"
        WEEKS = "445", "4-4-5 weeks"
        QUARTER = "quarter", "Quarters"
        YEAR = "year", "Whole year"
        OWN = "own", "Own dates"

    class Check(models.TextChoices):
        ALLOW = "allow", "Allow"
        WARN = "warn", "Warn"
        BLOCK = "block", "Block"

    RESOURCE: ClassVar[str] = "budget_plan"
    ACCESS_ROW: ClassVar[str] = "budget_plan"
    OWN_FIELD: ClassVar[str] = "owner_id"

    code = models.CharField(max_length=30, unique=True, blank=True, help_text="Empty: the next number, such as B12")
    name = models.CharField(max_length=120)
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="It may hold lines of this one and those below",
    )
    owner: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    fiscal_year = models.PositiveSmallIntegerField(validators=[MinValueValidator(1990), MaxValueValidator(2100)])
    starts_on = models.DateField(null=True, blank=True, help_text="Empty: 1 January of the fiscal year")
    rhythm = models.CharField("periods", max_length=7, choices=Rhythm.choices, default=Rhythm.MONTH)
    period_ends = ArrayField(models.DateField(), default=list, blank=True, editable=False)
    currency = models.CharField(max_length=3, default="EUR")
    version_kind = models.CharField(
        "version", max_length=8, choices=Version.choices, default=Version.ORIGINAL, editable=False
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT, editable=False)
    root = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="versions")
    warn_at = models.DecimalField(
        max_digits=6, decimal_places=2, default=Decimal(90), validators=PER_CENT, help_text="Per cent of a line used"
    )
    over_at = models.DecimalField(
        "over at",
        max_digits=6,
        decimal_places=2,
        default=Decimal(100),
        validators=PER_CENT,
        help_text="Per cent of a line used beyond which the three checks below apply",
    )
    period_check = models.CharField("over in the period", max_length=5, choices=Check.choices, default=Check.ALLOW)
    to_date_check = models.CharField("over to date", max_length=5, choices=Check.choices, default=Check.WARN)
    year_check = models.CharField("over in the year", max_length=5, choices=Check.choices, default=Check.BLOCK)
    tolerance = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        default=Decimal(10),
        validators=PER_CENT,
        help_text="Per cent of variance past which a comment is asked for",
    )
    closed_through = models.DateField(null=True, editable=False)
    approved_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["department", "fiscal_year", "currency"],
                condition=Q(version_kind="original", archived_at__isnull=True),
                name="a department has one original budget a year and currency",
            ),
            models.UniqueConstraint(
                fields=["root", "version_kind"],
                condition=Q(state="draft", archived_at__isnull=True),
                name="a budget has one version of a kind in preparation",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(approved_at__isnull=False), name="an approved budget says since when"
            ),
        ]
        indexes = [models.Index(fields=["department", "-id"], name="plan_department")]

    def __str__(self) -> str:
        return self.name

    @property
    def family_id(self) -> int:
        """The original version's key: all versions of a budget share one ledger."""
        return int(self.root_id or self.pk)


class LineManager(ScopedManager):
    """A line is named by what it is about, so that comes along wherever lines are listed or chosen."""

    def get_queryset(self) -> ScopedQuerySet:
        rows: ScopedQuerySet = super().get_queryset()
        return rows.select_related("department", "category", "site")


class Line(Noun):
    """One amount of a plan, spread over its periods; None in a period means nothing was planned there, 0 means zero."""

    class Spread(models.TextChoices):
        EVEN = "even", "Evenly"
        SEASONAL = "season", "By weights"
        ENTERED = "entered", "As entered"

    RESOURCE: ClassVar[str] = "budget_line"
    ACCESS_ROW: ClassVar[str] = "budget_plan"

    code = models.CharField(
        max_length=40,
        unique=True,
        blank=True,
        help_text="Empty: the next number of the budget. Names the line in files",
    )
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="lines")
    root = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="later")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey(
        Category,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="lines",
        help_text="Empty: everything without a line of its own",
    )
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    project = models.CharField(max_length=60, blank=True)
    owner: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the owner of the plan",
    )
    spread = models.CharField(max_length=7, choices=Spread.choices, default=Spread.EVEN)
    total = models.DecimalField("amount of the year", **AMOUNT, default=Decimal(0))
    weights = models.CharField(
        max_length=4000, blank=True, help_text="For each period, such as 1 1 2 1. With “as entered”: the amounts"
    )
    quantity = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="With a rate, the amount of the year is quantity × rate",
    )
    rate = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True, help_text="Of the quantity, such as hours")
    output = models.DecimalField(
        "planned output",
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.000001"))],
        help_text="What the quantity makes, such as pieces; splits a variance into volume and efficiency",
    )
    amounts = ArrayField(models.DecimalField(**AMOUNT, null=True), default=list, blank=True, editable=False)
    # What a revision began with: only the difference goes to the ledger, so transfers made meanwhile stay.
    base = ArrayField(models.DecimalField(**AMOUNT, null=True), default=list, blank=True, editable=False)
    unplanned = models.BooleanField(default=False, editable=False)
    note = models.TextField(blank=True)

    objects = LineManager()
    plain = ScopedManager()

    class Meta:
        base_manager_name = "plain"
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "department", "category", "site", "project"],
                nulls_distinct=False,
                condition=Q(archived_at__isnull=True),
                name="a plan names a department, category, site and project once",
            ),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True, rate__isnull=True) | Q(quantity__isnull=False, rate__isnull=False),
                name="a quantity and its rate come together",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "-id"], name="line_department"),
            models.Index(fields=["plan"], name="line_plan"),
            models.Index(fields=["root"], name="line_root"),
        ]

    def __str__(self) -> str:
        parts = [self.department.name, self.category.name if self.category else "", self.project]
        parts += [self.site.name] if self.site_id and self.site else []
        return " · ".join(part for part in parts if part)

    @property
    def ledger_id(self) -> int:
        """The first version of this line carries the entries of all of them."""
        return int(self.root_id or self.pk)


def period_of(ends: list[date], starts_on: date, on: date) -> int | None:
    """The number, from 1, of the period that holds the day; None outside the fiscal year."""
    if on < starts_on:
        return None
    return next((number for number, end in enumerate(ends, 1) if on <= end), None)
