"""What stands around the ledger: transfers, savings, remarks on variances, and spellings that a person mapped once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from apps.budgets.models.plan import AMOUNT, Line
from apps.core.access.scope import OpenManager, ScopedManager
from apps.core.models import Noun
from apps.org.models import Department

CENT = MinValueValidator(Decimal("0.0001"))


class Transfer(Noun):
    """Budget that moves from one line to another once both owners agree; the company's budget stays the same."""

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for its owners"
        BOOKED = "booked", "Booked"
        REJECTED = "rejected", "Rejected"
        FAILED = "failed", "Not possible any more"

    RESOURCE: ClassVar[str] = "budget_transfer"
    ACCESS_ROW: ClassVar[str] = "budget_plan"
    OWN_FIELD: ClassVar[str] = "asked_by_id"

    code = models.CharField(max_length=20, unique=True, blank=True, editable=False)
    department = models.ForeignKey(Department, editable=False, on_delete=models.PROTECT, related_name="+")
    from_line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="given", verbose_name="from line")
    to_line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="got", verbose_name="to line")
    amount = models.DecimalField(**AMOUNT, validators=[CENT])
    on = models.DateField("in the period of", db_column="effective_on")
    reason = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)
    txn = models.BigIntegerField(null=True, editable=False)
    asked_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a transfer moves an amount above zero"),
            models.CheckConstraint(condition=~Q(from_line=F("to_line")), name="a transfer joins two lines"),
            models.CheckConstraint(
                condition=Q(state="booked", txn__isnull=False) | ~Q(state="booked") & Q(txn__isnull=True),
                name="a booked transfer names its transaction",
            ),
        ]
        indexes = [models.Index(fields=["department", "-id"], name="transfer_department")]

    def __str__(self) -> str:
        return f"{self.code} {self.reason[:60]}".strip()


class Saving(Noun):
    """A saving on a line against a baseline; finance validates it, and what came of it is read from actuals."""

    class Kind(models.TextChoices):
        HARD = "hard", "Hard: less is paid"
        SOFT = "soft", "Soft: avoided or freed"

    class Rhythm(models.TextChoices):
        ONCE = "once", "One-off"
        RECURRING = "again", "Recurring"

    class State(models.TextChoices):
        CLAIMED = "claimed", "Claimed"
        VALIDATED = "valid", "Validated"
        REJECTED = "rejected", "Rejected"

    RESOURCE: ClassVar[str] = "saving"
    ACCESS_ROW: ClassVar[str] = "budget_plan"
    OWN_FIELD: ClassVar[str] = "owner_id"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as SV12")
    title = models.CharField(max_length=160)
    department = models.ForeignKey(Department, editable=False, on_delete=models.PROTECT, related_name="+")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="savings", verbose_name="budget line")
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.HARD)
    rhythm = models.CharField("comes", max_length=5, choices=Rhythm.choices, default=Rhythm.RECURRING)
    baseline = models.DecimalField(
        **AMOUNT, validators=[CENT], help_text="What would be spent on this line in these days without the saving"
    )
    expected = models.DecimalField("expected saving", **AMOUNT, validators=[CENT])
    starts_on = models.DateField()
    ends_on = models.DateField()
    owner: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.CLAIMED, editable=False)
    finding = models.CharField(max_length=300, blank=True, editable=False)
    validated_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="a saving ends after it begins"),
            models.CheckConstraint(
                condition=Q(expected__lte=F("baseline")), name="nobody saves more than the baseline"
            ),
            ExclusionConstraint(
                name="the same line is not claimed twice",
                expressions=[
                    ("line", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_on"),
                            F("ends_on"),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=~Q(state="rejected") & Q(archived_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["department", "-id"], name="saving_department")]

    def __str__(self) -> str:
        return self.title


class Remark(models.Model):
    """Why a line is off its budget through a period, and the output that was made for the money."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="remarks")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    period = models.PositiveSmallIntegerField()
    text = models.TextField()
    output = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    author: Any = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["line", "period", "-id"], name="remark_line")]


class Outlook(models.Model):
    """A forecast of a line to the end of its year as it was made, so that its error can be measured later."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="outlooks")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    after = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=10)
    total = models.DecimalField(**AMOUNT)
    next_value = models.DecimalField(**AMOUNT)
    made_at = models.DateTimeField(db_default=Now())

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["line", "after", "method"], name="a line has one forecast a method and period"
            )
        ]


class Synonym(Noun):
    """How somebody else's books spell what we call otherwise; mapped once by a person, remembered for every import."""

    class Field(models.TextChoices):
        COLUMN = "column", "Column"
        DEPARTMENT = "department", "Department"
        CATEGORY = "category", "Category"
        SITE = "site", "Site"
        SCENARIO = "scenario", "Actual or budget"
        NATURE = "nature", "Expense or revenue"

    RESOURCE: ClassVar[str] = "budget_synonym"
    ACCESS_ROW: ClassVar[str] = "site"

    code = models.CharField(max_length=20, unique=True, blank=True, editable=False)
    field = models.CharField("stands in", max_length=10, choices=Field.choices)
    text = models.CharField("spelling", max_length=160)
    means = models.CharField(
        max_length=80,
        help_text="Code of the department, category or site; actual, budget, expense, revenue; or a column",
    )

    objects = OpenManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["field", "text"], name="a spelling means one thing"),
        ]

    def __str__(self) -> str:
        return f"{self.text} is {self.means}"
