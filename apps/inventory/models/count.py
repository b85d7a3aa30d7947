"""Counts of a place: what people found, kept apart from what the ledger then says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.inventory.models.item import Item, Location, Lot, money_field, quantity_field
from apps.org.models import Department


class Count(Noun):
    """One blind count of a place; whoever counts does not see what is expected."""

    class State(models.TextChoices):
        OPEN = "open", "To count"
        RECOUNT = "recount", "To count again"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    RESOURCE: ClassVar[str] = "stock_count"
    ACCESS_ROW: ClassVar[str] = "stock_count"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as SC12")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="counts")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    due_on = models.DateField("due")
    tolerance = models.DecimalField(
        "tolerance in %", max_digits=5, decimal_places=2, default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="A line further off is counted again by another person",
    )  # fmt: skip
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "-id"], name="count_department")]

    def __str__(self) -> str:
        return f"{self.code}"


class CountLine(models.Model):
    """What was found of one item and lot. `expected` is what the ledger had at that very moment."""

    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="lines")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, null=True, on_delete=models.PROTECT, related_name="+")
    found = quantity_field(null=True)
    found_at = models.DateTimeField(null=True)
    found_by: Any = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    again = quantity_field(null=True)
    again_at = models.DateTimeField(null=True)
    again_by: Any = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    to_recount = models.BooleanField(default=False)
    expected = quantity_field(null=True)  # set when the count is closed
    value = money_field(null=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["count", "item", "lot"], nulls_distinct=False, name="a count has one line per item and lot"
            ),
            models.CheckConstraint(
                condition=Q(again_by__isnull=True) | ~Q(again_by=models.F("found_by")),
                name="another person counts again",
            ),
        ]
        indexes = [models.Index(fields=["item", "-id"], name="count_line_item")]

    @property
    def difference(self) -> Decimal | None:
        """What was found last, less what the ledger had then."""
        last = self.again if self.again is not None else self.found
        return None if last is None or self.expected is None else last - self.expected
