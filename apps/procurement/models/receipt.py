"""Goods receipts: what came in on an order, what of it was rejected, and what went back."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.inventory.models import Location
from apps.org.models import Department
from apps.procurement.models.order import Order


class Receipt(Noun):
    """One delivery. It is written once; a mistake is taken back as a whole and received again."""

    class State(models.TextChoices):
        POSTED = "posted", "Posted"
        REVERSED = "reversed", "Taken back"

    RESOURCE: ClassVar[str] = "goods_receipt"
    ACCESS_ROW: ClassVar[str] = "stock_move"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as GR12")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="receipts")
    department = models.ForeignKey(Department, editable=False, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(
        Location,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the nearest place of the department",
    )
    received_on = models.DateField(null=True, blank=True, help_text="Empty: today")
    delivery_note = models.CharField(max_length=60, blank=True)
    lines = models.JSONField(default=list, blank=True)
    returned = models.JSONField(default=list, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.POSTED, editable=False)
    received_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "-id"], name="receipt_department")]

    def __str__(self) -> str:
        return self.code
