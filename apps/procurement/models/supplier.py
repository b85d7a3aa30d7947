"""Suppliers with what we tolerate from them, and their price lists and contracts with quantity breaks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.core.access.scope import OpenManager
from apps.core.models import Noun

PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]


class Supplier(Noun):
    """A company we buy from; tolerances are part of what was agreed with it."""

    class State(models.TextChoices):
        TRIAL = "trial", "On trial"
        ACTIVE = "active", "Approved"
        BLOCKED = "blocked", "Blocked"

    RESOURCE: ClassVar[str] = "supplier"
    ACCESS_ROW: ClassVar[str] = "supplier"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as V12")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=7, choices=State.choices, default=State.ACTIVE)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.TextField(blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, such as SE")
    tax_number = models.CharField(max_length=30, blank=True)
    currency = models.CharField(max_length=3, default="EUR", help_text="Such as EUR")
    payment_days = models.PositiveSmallIntegerField("days to pay", default=30)
    lead_days = models.PositiveSmallIntegerField("days to deliver", default=14)
    over_percent = models.DecimalField(
        "over-delivery taken, %", max_digits=5, decimal_places=2, default=Decimal(0), validators=PERCENT
    )
    price_percent = models.DecimalField(
        "price difference paid, %", max_digits=5, decimal_places=2, default=Decimal(2), validators=PERCENT
    )
    price_amount = models.DecimalField(
        "price difference paid, at most",
        max_digits=12,
        decimal_places=2,
        default=Decimal(50),
        validators=[MinValueValidator(Decimal(0))],
        help_text="A difference passes while it is within the percentage and within this amount per line",
    )
    note = models.TextField(blank=True)

    objects = OpenManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["state", "-id"], name="supplier_state")]

    def __str__(self) -> str:
        return self.name


class PriceList(Noun):
    """Prices agreed with a supplier for a time; a contract may carry a limit of what is called off."""

    class Kind(models.TextChoices):
        LIST = "list", "Price list"
        CONTRACT = "contract", "Contract"

    RESOURCE: ClassVar[str] = "price_list"
    ACCESS_ROW: ClassVar[str] = "supplier"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as PL12")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="price_lists")
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.LIST)
    currency = models.CharField(max_length=3, default="EUR", help_text="Such as EUR")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="Last day; empty: until another replaces it")
    value_limit = models.DecimalField(
        "call-off limit", max_digits=16, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    lines = models.JSONField(default=list, blank=True)

    objects = OpenManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="a price list ends after it begins",
            )
        ]
        indexes = [models.Index(fields=["supplier", "valid_from"], name="pricelist_supplier")]

    def __str__(self) -> str:
        return self.title

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
