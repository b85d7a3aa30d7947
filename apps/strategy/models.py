"""Objectives that cascade, key results that measure them, initiatives that move them, and what is seen around the company."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.kpis.models import Definition, Grain
from apps.org.models import Department

WHOLE = Decimal(100)
SHARE = [MinValueValidator(Decimal(0)), MaxValueValidator(WHOLE)]
SCORE = [MinValueValidator(1), MaxValueValidator(5)]


class Objective(Noun):
    """What a company, a department or a person wants to reach in a time, as a part of something larger."""

    class Level(models.TextChoices):
        COMPANY = "company", "Company"
        DEPARTMENT = "dept", "Department"
        PERSON = "person", "Person"

    class Perspective(models.TextChoices):
        FINANCIAL = "fin", "Financial"
        CUSTOMER = "cust", "Customer"
        PROCESS = "proc", "Internal process"
        LEARNING = "learn", "Learning and growth"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        CLOSED = "closed", "Closed"

    RESOURCE: ClassVar[str] = "objective"
    ACCESS_ROW: ClassVar[str] = "kpi"
    OWN_FIELD: ClassVar[str] = "owner_id"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(
        max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as O12. Names it in files"
    )
    title = models.CharField(max_length=120)
    why = models.TextField("why it matters", blank=True)
    level = models.CharField(max_length=7, choices=Level.choices, default=Level.DEPARTMENT)
    perspective = models.CharField(max_length=5, choices=Perspective.choices, default=Perspective.PROCESS)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children", verbose_name="part of"
    )
    weight = models.DecimalField(
        "share of it",
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=SHARE,
        help_text="Per cent of the larger objective. 0: it supports it without counting",
    )
    starts_on = models.DateField()
    ends_on = models.DateField()
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="an objective ends after it begins"),
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=100), name="a share lies between 0 and 100 per cent"
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="an objective is no part of itself"),
        ]
        indexes = [
            models.Index(fields=["department", "-id"], name="objective_department"),
            models.Index(fields=["parent"], name="objective_parent"),
        ]

    def __str__(self) -> str:
        return self.title


class KeyResult(Noun):
    """A number that tells whether an objective is reached; bound to a KPI it moves by itself."""

    RESOURCE: ClassVar[str] = "key_result"
    ACCESS_ROW: ClassVar[str] = "kpi"
    INHERIT: ClassVar[bool] = True

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="key_results")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    weight = models.DecimalField(
        max_digits=5, decimal_places=2, validators=SHARE, help_text="Per cent of the objective; all together 100"
    )
    kpi = models.ForeignKey(
        Definition, null=True, blank=True, on_delete=models.PROTECT, related_name="key_results", verbose_name="KPI"
    )
    grain = models.CharField("period", max_length=5, choices=Grain.choices, default=Grain.MONTH)
    unit = models.CharField(max_length=12, blank=True)
    start_value = models.DecimalField("from", max_digits=20, decimal_places=6)
    target_value = models.DecimalField(
        "to", max_digits=20, decimal_places=6, help_text="May lie below the start where less is better"
    )
    current_value = models.DecimalField(
        "now", max_digits=26, decimal_places=6, null=True, blank=True, help_text="Comes from the KPI where there is one"
    )
    current_at = models.DateTimeField(null=True, editable=False)
    current_period = models.CharField(max_length=16, blank=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=100), name="a weight lies between 0 and 100 per cent"
            )
        ]
        indexes = [
            models.Index(fields=["objective"], name="key_result_objective"),
            models.Index(fields=["kpi"], name="key_result_kpi"),
        ]

    def __str__(self) -> str:
        return self.title


class Initiative(Noun):
    """Work that should move an objective."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    RESOURCE: ClassVar[str] = "initiative"
    ACCESS_ROW: ClassVar[str] = "kpi"
    OWN_FIELD: ClassVar[str] = "owner_id"
    INHERIT: ClassVar[bool] = True

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="initiatives")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.PLANNED)
    starts_on = models.DateField(null=True, blank=True)
    due_on = models.DateField()
    progress = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)], help_text="Per cent")
    note = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.CheckConstraint(condition=Q(progress__lte=100), name="progress ends at 100 per cent")]
        indexes = [models.Index(fields=["objective"], name="initiative_objective")]

    def __str__(self) -> str:
        return self.title


class ScanItem(Noun):
    """Something that changes around the company, with what it could mean and what is done about it."""

    class Kind(models.TextChoices):
        DEMAND = "demand", "Demand"
        REGULATION = "regul", "Regulation"
        TECHNOLOGY = "tech", "Technology"
        COMPETITION = "compet", "Competition"
        SUPPLY = "supply", "Supply"
        LABOUR = "labour", "Labour market"

    class State(models.TextChoices):
        NEW = "new", "New"
        WATCHING = "watch", "Watching"
        ACTING = "act", "Acting"
        CLOSED = "closed", "Closed"

    RESOURCE: ClassVar[str] = "scan_item"
    ACCESS_ROW: ClassVar[str] = "kpi"
    OWN_FIELD: ClassVar[str] = "owner_id"
    INHERIT: ClassVar[bool] = True

    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    source = models.CharField(max_length=200, blank=True, help_text="Where it was read or heard; an address is fine")
    seen_on = models.DateField()
    expected_on = models.DateField(null=True, blank=True, help_text="When it takes effect")
    impact = models.PositiveSmallIntegerField(default=3, validators=SCORE, help_text="1 slight to 5 severe")
    likelihood = models.PositiveSmallIntegerField(default=3, validators=SCORE, help_text="1 unlikely to 5 certain")
    meaning = models.TextField("what it means for us", blank=True)
    response = models.TextField("what we do", blank=True)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    objective = models.ForeignKey(
        Objective, null=True, blank=True, on_delete=models.PROTECT, related_name="scan_items", verbose_name="touches"
    )
    state = models.CharField(max_length=6, choices=State.choices, default=State.NEW)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(impact__gte=1, impact__lte=5, likelihood__gte=1, likelihood__lte=5),
                name="impact and likelihood go from 1 to 5",
            )
        ]
        indexes = [models.Index(fields=["department", "-id"], name="scan_department")]

    def __str__(self) -> str:
        return self.title

    @property
    def score(self) -> int:
        return self.impact * self.likelihood
