"""The stock ledger: every move has two ends and never changes; levels are kept by the database alone."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.inventory.models.item import Item, Location, Lot, money_field, quantity_field
from apps.org.models import Department


class Move(Noun):
    """A quantity of one item from one place to another, at the time it happened; `created_at` is when it was written."""

    class Kind(models.TextChoices):
        RECEIVE = "receive", "Receipt"
        RETURN = "return", "Return to supplier"
        ISSUE = "issue", "Issue"
        TRANSFER = "transfer", "Transfer"
        SCRAP = "scrap", "Scrap"
        ADJUST = "adjust", "Adjustment"
        COUNT = "count", "Count difference"
        CONSUME = "consume", "Consumption"
        PRODUCE = "produce", "Production"
        REVERSE = "reverse", "Reversal"

    RESOURCE: ClassVar[str] = "stock_move"
    ACCESS_ROW: ClassVar[str] = "stock_move"

    kind = models.CharField(max_length=8, choices=Kind.choices, editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="moves")
    lot = models.ForeignKey(Lot, null=True, blank=True, on_delete=models.PROTECT, related_name="moves")
    from_location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    to_location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    # Whose stock it was and is: the ends outside count as the other end's department.
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    to_department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    quantity = quantity_field(help_text="In the item's own unit")
    entered = quantity_field(editable=False)
    unit = models.CharField(max_length=12, editable=False)
    unit_cost = money_field(null=True, blank=True, help_text="Of one base unit; what comes in has one")
    document = models.CharField(max_length=120, blank=True, db_index=True)
    line = models.CharField(max_length=40, blank=True)
    batch = models.UUIDField(null=True, editable=False, db_index=True)  # consumption and production of one run
    reason = models.CharField(max_length=200, blank=True)
    effective_at = models.DateTimeField()
    actor: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    reverses = models.OneToOneField(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="reversed_by"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["department", "-id"], name="move_department"),
            models.Index(fields=["item", "effective_at", "id"], name="move_item_time"),
            # The ledger's list, newest first: page one costs the same however long it has become.
            models.Index(F("effective_at").desc(nulls_last=True), F("id").desc(), name="move_newest"),
            models.Index(fields=["lot", "id"], name="move_lot", condition=Q(lot__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a stock move has a quantity above zero"),
            models.CheckConstraint(
                condition=~Q(from_location=F("to_location")), name="a stock move goes from one place to another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity.normalize():f} {self.item.code}"

    def departments_concerned(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys((self.department_id, self.to_department_id)))


class Level(models.Model):
    """How much of an item (and lot) is at a place now; the ledger's trigger writes it, the application cannot."""

    ACCESS_ROW: ClassVar[str] = "stock_move"

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="levels")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="levels")
    lot = models.ForeignKey(Lot, null=True, on_delete=models.PROTECT, related_name="levels")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    quantity = quantity_field()
    negative_allowed = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["location", "item"], name="level_location")]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "location", "lot"], nulls_distinct=False, name="a place has one level per item and lot"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0) | Q(negative_allowed=True), name="stock is never negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}@{self.location_id}: {self.quantity}"


class Revaluation(models.Model):
    """What a received quantity costs more or less than it was received at, known when it was invoiced; written once."""

    ACCESS_ROW: ClassVar[str] = "stock_move"

    move = models.ForeignKey(Move, on_delete=models.PROTECT, related_name="revaluations")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    quantity = quantity_field()
    each = money_field()
    document = models.CharField(max_length=120)
    effective_at = models.DateTimeField()
    actor: Any = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["item", "effective_at"], name="revaluation_item")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a revaluation is of a quantity above zero")
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} at {self.each.normalize():+f}"
