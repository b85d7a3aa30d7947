"""What is kept in stock, where, and in which lots."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.inventory import units
from apps.org.models import Department


def quantity_field(label: str | None = None, **kwargs: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(label, max_digits=18, decimal_places=6, **kwargs)


def money_field(label: str | None = None, **kwargs: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(label, max_digits=18, decimal_places=6, **kwargs)


class Item(Noun):
    """One thing with one unit it is counted in."""

    class Tracking(models.TextChoices):
        NONE = "none", "Not tracked"
        LOT = "lot", "By lot"
        SERIAL = "serial", "By serial number"

    class Abc(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"

    RESOURCE: ClassVar[str] = "item"
    ACCESS_ROW: ClassVar[str] = "item"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(max_length=40, unique=True, blank=True, help_text="Empty: the next number, such as I12")
    name = models.CharField(max_length=160)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="Who owns it; departments below may use it"
    )
    unit = models.CharField(max_length=12, choices=units.CHOICES, default="pcs", help_text="What it is counted in")
    packs = models.JSONField(default=dict, blank=True, help_text='Packs by name, such as {"box": 12}')
    tracking = models.CharField(max_length=6, choices=Tracking.choices, default=Tracking.NONE)
    gtin = models.CharField("GTIN", max_length=14, blank=True, help_text="8, 12, 13 or 14 digits with check digit")
    category = models.CharField(max_length=80, blank=True)
    standard_cost = money_field(default=Decimal(0), validators=[MinValueValidator(Decimal(0))])
    currency = models.CharField(max_length=3, default="EUR")
    safety_stock = quantity_field(
        null=True, blank=True, validators=[MinValueValidator(Decimal(0))], help_text="Of all places together"
    )
    reorder_point = quantity_field(
        null=True, blank=True, validators=[MinValueValidator(Decimal(0))], help_text="Of all places together"
    )
    shelf_life_days = models.PositiveIntegerField(null=True, blank=True)
    abc = models.CharField("ABC", max_length=1, blank=True, choices=Abc.choices, editable=False)
    xyz = models.CharField("XYZ", max_length=1, blank=True, editable=False)
    classed_on = models.DateField(null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "code"], name="item_department")]
        constraints = [
            models.UniqueConstraint(fields=["gtin"], condition=~Q(gtin=""), name="a GTIN names one item"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Location(Noun):
    """A place where stock is, or one of the ends outside: supplier, customer, scrap, adjustment, production."""

    class Kind(models.TextChoices):
        STOCK = "stock", "Stock"
        INSPECTION = "inspection", "Inspection"
        TRANSIT = "transit", "In transit"
        SUPPLIER = "supplier", "Supplier"
        CUSTOMER = "customer", "Customer"
        SCRAP = "scrap", "Scrap"
        ADJUST = "adjust", "Adjustment"
        PRODUCTION = "production", "Production"

    HELD: ClassVar[tuple[str, ...]] = (Kind.STOCK, Kind.INSPECTION, Kind.TRANSIT)
    RESOURCE: ClassVar[str] = "stock_location"
    ACCESS_ROW: ClassVar[str] = "item"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.STOCK)
    negative_allowed = models.BooleanField(
        "may go below zero", default=False, help_text="Only where moves are written later than they happen"
    )
    closed_until = models.DateField(null=True, blank=True, help_text="No move may be dated on or before this day")

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "code"], name="stock_location_department")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def is_held(self) -> bool:
        """Whether stock there is ours."""
        return self.kind in self.HELD


class Lot(Noun):
    """A batch or one serial number of an item."""

    class Status(models.TextChoices):
        RELEASED = "released", "Released"
        HOLD = "hold", "On hold"
        QUARANTINE = "quarantine", "Quarantine"

    RESOURCE: ClassVar[str] = "lot"
    ACCESS_ROW: ClassVar[str] = "stock_move"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(max_length=120, unique=True, editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="lots")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    number = models.CharField(max_length=60)
    serial = models.BooleanField(default=False, editable=False)
    expires_on = models.DateField(null=True, blank=True)
    made_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RELEASED, editable=False)
    reason = models.CharField(max_length=300, blank=True, editable=False)
    held_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["item", "expires_on", "id"], name="lot_first_expired")]
        constraints = [models.UniqueConstraint(fields=["item", "number"], name="an item has each lot number once")]

    def __str__(self) -> str:
        return self.code
